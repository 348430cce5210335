# bash completion for itsm. In ~/.bashrc: eval "$(itsm completion bash)"
_itsm() {
    local line=${COMP_LINE:0:COMP_POINT} current prefix="" word what
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current=${words[${#words[@]}-1]}
    # bash takes : and = for the ends of words, and puts back only what stands behind the last one
    [[ $current == *[:=]* && $COMP_WORDBREAKS == *:* ]] && prefix=${current%"${current##*[:=]}"}
    COMPREPLY=()
    while IFS=$'\t' read -r word what; do
        if [[ $word == :files ]]; then
            compopt -o default 2>/dev/null
            return
        fi
        [[ $word == *[:=,] ]] && compopt -o nospace 2>/dev/null
        word=${word#"$prefix"}
        # the second TAB only lists: there is room to say what each is
        [[ ${COMP_TYPE:-} == 63 && -n $what ]] && word="$word  -- $what"
        COMPREPLY+=("$word")
    done < <(ITSM_COMPLETE=bash "${words[0]}" "${words[@]:1}" 2>/dev/null)
}
complete -F _itsm itsm
