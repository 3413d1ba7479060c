#!/bin/sh
# One meaning for one tag: tags.sh ROOT. Prints every struct, union or enum tag that is defined more than once in the
# tree, with the places. Exit status 1 if there is any.
set -u
cd "$1" || exit 2

find core scenarios allocators tests bench -name '*.[ch]' -exec awk '
	match($0, /(^|[ \t(])(struct|union|enum)[ \t]+[A-Za-z_][A-Za-z_0-9]*[ \t]*[{]/) {
		text = substr($0, RSTART, RLENGTH)
		gsub(/[^A-Za-z_0-9]+/, " ", text)
		split(text, word, " ")
		print word[2], FILENAME ":" FNR
	}' {} + | sort | awk '
	{
		if ($1 == last)
			where = where "\n\t" $2
		else
			where = "\t" $2
		if ($1 == last && !($1 in told)) {
			told[$1] = 1
			order[++count] = $1
		}
		last = $1
		places[$1] = where
	}
	END {
		for (i = 1; i <= count; i++)
			print "the tag " order[i] " is defined more than once:\n" places[order[i]]
		exit count > 0
	}'
