#!/bin/sh
# words.sh and tags.sh must see each of these: words_and_tags_faults.sh ROOT. A file is planted in a tree of its own.
set -u
here=$(dirname -- "$(readlink -f -- "$0")")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failed=0

# plant SCRIPT FILE TEXT [PATTERN]: with that text in FILE the script fails and prints PATTERN; without a pattern it
# passes.
plant() {
	rm -rf "$work/tree"
	for folder in core scenarios allocators tests bench cmake docs; do
		mkdir -p "$work/tree/$folder"
	done
	touch "$work/tree/README.md" "$work/tree/lab"
	printf '%s\n' "$3" >"$work/tree/$2"
	if [ $# -eq 3 ]; then
		"$here/$1" "$work/tree" >"$work/out" && return
		echo "$1 complains about: $3"
	elif "$here/$1" "$work/tree" >"$work/out"; then
		echo "$1 does not see: $3"
	elif grep -q "$4" "$work/out"; then
		return
	else
		echo "$1 says something else about: $3"
	fi
	cat "$work/out"
	failed=1
}

plant words.sh core/planted.c '/* It waits for ever. */' 'planted.c:1'
plant words.sh docs/planted.md 'The lock is made Anew.' 'planted.md:1'
plant words.sh README.md 'Two flights are airborne.' 'README.md:1'
plant words.sh tests/planted.sh '# on the shelf' 'planted.sh:1'
plant words.sh core/planted.c '/* For every point. It waits forever. */'

plant tags.sh core/planted.c 'struct one { int a; };
struct one { int b; };' 'the tag one is defined more than once'
plant tags.sh core/planted.c 'struct one { int a; };
enum one { A };' 'planted.c:2'
plant tags.sh tests/planted.c 'static const struct one {
	int a;
} x = {0};
union one {
	int b;
};' 'planted.c:4'
plant tags.sh core/planted.c 'struct one { int a; };
struct two { struct one one; };
struct one *f(const struct one *a);'
exit $failed
