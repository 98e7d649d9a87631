/* hiebox completion: each shell's script. They only ask `hiebox complete` and turn its answer into the shell's own. */
#include <stdio.h>

#include "commands/session.h"

static const char bash_script[] =
	"# bash completion for hiebox: made by `hiebox completion bash`\n"
	"_hiebox()\n"
	"{\n"
	"\tlocal rest=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]} last part offer help file i\n"
	"\tlocal -a words=()\n"
	"\t# bash cuts words at = and : too: what no blank separates belongs together\n"
	"\tfor ((i = 0; i <= COMP_CWORD; i++)); do\n"
	"\t\tpart=${COMP_WORDS[i]}\n"
	"\t\tif [[ $i -gt 0 && -n $rest && $rest != [[:space:]]* || $i -gt 0 && -z $rest ]]; then\n"
	"\t\t\twords[${#words[@]} - 1]+=$part\n"
	"\t\telse\n"
	"\t\t\twords+=(\"$part\")\n"
	"\t\tfi\n"
	"\t\trest=${rest#\"${rest%%[![:space:]]*}\"}\n"
	"\t\trest=${rest#\"$part\"}\n"
	"\tdone\n"
	"\tlast=${words[${#words[@]} - 1]}\n"
	"\t[[ $current == [=:] ]] && current=\n"
	"\tCOMPREPLY=()\n"
	"\twhile IFS=$'\\t' read -r offer help; do\n"
	"\t\tcase $offer in\n"
	"\t\t:files) part=-f ;;\n"
	"\t\t:folders) part=-d ;;\n"
	"\t\t:yaml) part=-f ;;\n"
	"\t\t*)\n"
	"\t\t\t[[ $offer == \"$last\"* ]] || continue\n"
	"\t\t\tCOMPREPLY+=(\"${offer#\"${last%\"$current\"}\"}\")\n"
	"\t\t\t[[ $offer == *= ]] && compopt -o nospace 2>/dev/null\n"
	"\t\t\tcontinue ;;\n"
	"\t\tesac\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\twhile IFS= read -r file; do\n"
	"\t\t\t[[ $offer == :yaml && $file != *.yaml && ! -d $file ]] || COMPREPLY+=(\"$file\")\n"
	"\t\tdone < <(compgen \"$part\" -- \"$current\")\n"
	"\tdone < <(\"${words[0]/#\\~/$HOME}\" complete -- \"${words[@]}\" 2>/dev/null)\n"
	"}\n"
	"complete -F _hiebox hiebox\n";

static const char zsh_script[] =
	"#compdef hiebox\n"
	"# zsh completion for hiebox: made by `hiebox completion zsh`\n"
	"_hiebox()\n"
	"{\n"
	"\tlocal line name help files\n"
	"\tlocal -a before offers unfinished\n"
	"\tbefore=(\"${(@Q)words[1,CURRENT-1]}\")\n"
	"\tfor line in \"${(@f)$(${before[1]/#\\~/$HOME} complete -- \"${(@)before}\" \"${(Q)PREFIX}\" 2>/dev/null)}\"; do\n"
	"\t\tname=${line%%$'\\t'*} help=${line#*$'\\t'}\n"
	"\t\tcase $name in\n"
	"\t\t'') ;;\n"
	"\t\t:*) files=$name ;;\n"
	"\t\t*=) unfinished+=(\"${name//:/\\\\:}${help:+:$help}\") ;;\n"
	"\t\t*) offers+=(\"${name//:/\\\\:}${help:+:$help}\") ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tlocal found=1\n"
	"\t(( $#offers )) && _describe hiebox offers && found=0\n"
	"\t(( $#unfinished )) && _describe key unfinished -S '' && found=0\n"
	"\t[[ -n $files && $PREFIX == --*=* ]] && compset -P '*='\n"
	"\tcase $files in\n"
	"\t:files) _files && found=0 ;;\n"
	"\t:folders) _files -/ && found=0 ;;\n"
	"\t:yaml) _files -g '*.yaml' && found=0 ;;\n"
	"\tesac\n"
	"\treturn found\n"
	"}\n"
	"if [[ $funcstack[1] == _hiebox ]]; then _hiebox \"$@\"; else compdef _hiebox hiebox; fi\n";

static const char fish_script[] =
	"# fish completion for hiebox: made by `hiebox completion fish`\n"
	"function __hiebox_offers\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l word (commandline -ct)\n"
	"\tset -l start (string match -r '^--[^=]*=' -- $word)\n"
	"\ttest -n \"$start\"; or set start ''\n"
	"\tset -l path (string replace -r '^--[^=]*=' '' -- $word)\n"
	"\tset -l program (string replace -r '^~' $HOME -- $words[1])\n"
	"\tfor line in (command $program complete -- $words \"$word\" 2>/dev/null)\n"
	"\t\tswitch $line\n"
	"\t\tcase ':files'\n"
	"\t\t\tprintf '%s\\n' $start(__fish_complete_path $path)\n"
	"\t\tcase ':folders'\n"
	"\t\t\tprintf '%s\\n' $start(__fish_complete_directories $path)\n"
	"\t\tcase ':yaml'\n"
	"\t\t\tprintf '%s\\n' $start(__fish_complete_path $path | string match -r '^[^\\t]*(?:\\.yaml|/)(?:\\t.*)?$')\n"
	"\t\tcase '*'\n"
	"\t\t\tprintf '%s\\n' $line\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"complete -c hiebox -f -a '(__hiebox_offers)'\n";

int command_completion(const struct parsed_options *options, struct error *err)
{
	static const struct {
		const char *shell, *script;
	} scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

	for (size_t i = 0; i < LENGTH(scripts); i++)
		if (text_equal(scripts[i].shell, options->arguments.items[0])) {
			fputs(scripts[i].script, stdout);
			return 0;
		}
	error_set(err, "completion: expected bash, zsh or fish, got \"%s\"", options->arguments.items[0]);
	return -2;
}
