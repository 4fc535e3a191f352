# SPDX-License-Identifier: BSD-2-Clause
# Completion of tenurectl(8) for fish. tenurectl itself says what may follow.
function __tenurectl_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	for line in ($words[1] complete-words $words[2..-1] $current 2>/dev/null)
		switch $line
			case :files
				__fish_complete_path (string replace -r '^.*=' '' -- $current)
			case :folders
				__fish_complete_directories (string replace -r '^.*=' '' -- $current)
			case '*'
				echo $line
		end
	end
end
complete -c tenurectl -f -a '(__tenurectl_complete)'
