#!/usr/bin/env bash
# completion.sh: what bash, zsh and fish offer for a dozen of command lines. The shells are the real ones, without a
# terminal: bash's function with the variables that readline sets, zsh in a zpty, fish's `complete -C`.
cd "$(dirname "$0")/../.."
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" && cp build/check/hiebox "$work/bin/"
export PATH=$work/bin:$PATH HOME=$work XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work
number=0
result() { # STATUS NAME REASON
	number=$((number + 1))
	if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; printf '%s\n' "$3" | sed 's/^/#   /'; fi
}

# As readline does it: blanks separate words, and = and : are words of their own.
bash_offers() {
	bash --norc --noprofile -c '
		source "$1"
		COMP_LINE=$2 COMP_POINT=${#2} COMP_TYPE=9 COMP_KEY=9
		cut=${2//=/ = } cut=${cut//:/ : }
		read -ra COMP_WORDS <<<"$cut"
		[[ $2 == *" " ]] && COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_hiebox hiebox
		printf "%s\n" "${COMPREPLY[@]}"' bash "$work/script.bash" "$1"
}
fish_offers() { fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$work/script.fish" "$1" | sed 's/\t.*//'; }
# compadd, through which all of zsh's completion goes, prints what it adds
cat >"$work/inside.zsh" <<-'ZSH'
	PROMPT= RPROMPT=
	autoload -Uz compinit && compinit -u -D
	source $HOME/script.zsh
	bindkey '^I' complete-word
	zstyle ':completion:*' insert-tab false
	mark() { print -r -- 'MARK' }
	compprefuncs=(mark) comppostfuncs=(mark exit)
	compadd() {
		if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
		typeset -a hits
		builtin compadd -A hits "$@"
		local hit
		for hit in $hits; do print -r -- "OFFER $hit"; done
		builtin compadd "$@"
	}
	print READY
ZSH
cat >"$work/outside.zsh" <<-'ZSH'
	zmodload zsh/zpty
	zpty shell zsh -f -i
	zpty -w shell "source $HOME/inside.zsh"
	while zpty -r shell line; do [[ $line == READY* ]] && break; done
	zpty -n -w shell "$1"$'\t'
	integer marks=0
	while zpty -r shell line; do
		line=${line%%[$'\r\n']*}
		case $line in
		*MARK) (( ++marks == 2 )) && break ;;
		*OFFER\ *) print -r -- ${line##*OFFER } ;;
		esac
	done
ZSH
zsh_offers() { timeout 30 zsh -f "$work/outside.zsh" "$1"; }

# offers LINE WORDS [NOT]: every shell offers all of WORDS for the line, and none of NOT
offers() {
	local shell word got wrong
	for shell in bash zsh fish; do
		got=$("${shell}_offers" "$1" 2>&1)
		# shells differ in what they show of --name=value and of folders
		got=$(printf '%s\n' "$got" | sed 's/^--[a-z]*=//; s/^[a-z.]*=\(.\)/\1/; s,/$,,; s,.*/,,' | sort -u)
		wrong=
		for word in $2; do grep -qxF -e "$word" <<<"$got" || wrong+=" no $word"; done
		for word in ${3:-}; do ! grep -qxF -e "$word" <<<"$got" || wrong+=" $word"; done
		result "$([ -z "$wrong" ]; echo $?)" "$shell: \"$1\"" "wrong:$wrong; offered: $got"
	done
}

for shell in bash zsh fish; do
	command -v $shell >/dev/null || { echo "not ok - $shell is not installed: make setup-check"; exit 1; }
	hiebox completion $shell >"$work/script.$shell" || { echo "not ok - $shell has a script"; exit 1; }
	$shell -n "$work/script.$shell" 2>"$work/out"
	result $? "$shell: the script has no syntax error" "$(cat "$work/out")"
done
offers "hiebox bu" build list
offers "hiebox " "build check doctor completion help" --quiet
offers "hiebox build " "demo light recipes" README.md
offers "hiebox build de" demo light
offers "hiebox test demo cross" cross-reference terminology
offers "hiebox test --against http://x " "cross-reference terminology" demo
offers "hiebox build recipes/de" demo.yaml light.yaml
offers "hiebox check demo li" light demo
offers "hiebox build --fo" --format --offline
offers "hiebox build --format " raw demo
offers "hiebox build demo --format=" raw
offers "hiebox list " "components recipes boards" demo
offers "hiebox list boards " "" "components recipes boards"
offers "hiebox help re" recipe board
offers "hiebox completion " "bash zsh fish"
offers "hiebox -q --" "--verbose --store" "--quiet -v"
offers "hiebox build -" "-o --output -q"
offers "hiebox build -o reci" recipes README.md
offers "hiebox inspect READ" README.md
offers "hiebox --mirror http://x:80/y --store=/z list b" boards build
offers "hiebox build demo --set da" "data.size= data.grow=" "mode= data="
offers "hiebox build demo --set mode=" "training production" raw
offers "hiebox build demo --set=data.grow=" "true false" training
mkdir -p "$work/other/recipes/components"
printf 'recipe: mine\nsummary: A "strange" one: with\ttabs\n' >"$work/other/recipes/mine.yaml"
offers "hiebox --project $work/other build " mine demo
hiebox completion tcsh >"$work/out" 2>&1; result "$([ $? = 2 ]; echo $?)" "no other shell" "$(cat "$work/out")"
echo "1..$number"
