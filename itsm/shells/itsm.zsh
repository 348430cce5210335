#compdef itsm
# zsh completion for itsm. In ~/.zshrc, behind compinit: eval "$(itsm completion zsh)"
_itsm() {
    local word what
    local -a found begun
    while IFS=$'\t' read -r word what; do
        if [[ $word == :files ]]; then
            _files
            return
        fi
        what=${what:-$word}
        if [[ $word == *[:=,] ]]; then
            begun+=("${word//:/\\:}:$what")
        else
            found+=("${word//:/\\:}:$what")
        fi
    done < <(ITSM_COMPLETE=zsh "${(Q)words[1]}" "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    (( $#found )) && _describe -V itsm found
    (( $#begun )) && _describe -V itsm begun -S ''
}
if [[ ${funcstack[1]} == _itsm ]]; then
    _itsm "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _itsm itsm
fi
