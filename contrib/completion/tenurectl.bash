# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Completion of tenurectl(8) for bash. tenurectl itself says what may follow.
_tenurectl()
{
	local words=() word line cur cut i
	# bash takes words apart at = and :, which stand inside of ours.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $i -gt 1 && ($word == [=:]* || ${COMP_WORDS[i - 1]} == *[=:]) && ${#words[@]} -gt 0 ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
	done
	cur=${words[${#words[@]} - 1]}
	cut=
	[[ $cur != *[=:]* || $COMP_WORDBREAKS != *=* ]] || cut=${cur%"${cur##*[=:]}"}
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:files | :folders)
			compopt -o filenames 2>/dev/null
			[ "$line" = :files ] && i=-f || i=-d
			while IFS= read -r word; do
				COMPREPLY+=("$word")
			done < <(compgen "$i" -- "${cur#"$cut"}")
			;;
		*)
			word=${line%%$'\t'*}
			[[ $word != *= ]] || compopt -o nospace 2>/dev/null
			COMPREPLY+=("${word#"$cut"}")
			;;
		esac
	done < <("${COMP_WORDS[0]}" complete-words "${words[@]}" 2>/dev/null)
}
complete -F _tenurectl tenurectl
