#compdef tenurectl
# SPDX-License-Identifier: BSD-2-Clause
# Completion of tenurectl(8) for zsh. tenurectl itself says what may follow.
local line word
local -a plain settings
for line in "${(@f)$(${(Q)words[1]} complete-words "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
	word=${line%%$'\t'*}
	case $word in
	'') ;;
	:files) compset -P '*='; _files ;;
	:folders) compset -P '*='; _files -/ ;;
	*=) settings+=("${word//:/\\:}:${line#*$'\t'}") ;;
	*) plain+=("${word//:/\\:}:${line#*$'\t'}") ;;
	esac
done
(( $#plain )) && _describe tenurectl plain
(( $#settings )) && _describe setting settings -S ''
