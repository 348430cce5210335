# fish completion for itsm. In ~/.config/fish/config.fish: itsm completion fish | source
function __itsm_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (ITSM_COMPLETE=fish $words[1] $words[2..-1] 2>/dev/null)
    if string match -q ':files*' -- $found
        __fish_complete_path (commandline -ct)
    else
        string join -- \n $found
    end
end
complete -c itsm -f -a '(__itsm_complete)'
