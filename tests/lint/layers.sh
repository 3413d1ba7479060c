#!/bin/sh
# The include graph of core/ against the architecture: layers.sh ROOT. Prints every include that points upwards, every
# cycle between folders, every header name that exists twice, every file that stands in no folder, and every folder
# that is too full. Exit status 1 if there is any.
set -u
cd "$1/core" || exit 2
folder_max=40
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

rooms=$(sed -n 's/^forklab_rooms(\(.*\))$/\1/p' CMakeLists.txt)
[ -n "$rooms" ] || {
	echo "core/CMakeLists.txt has no list of rooms"
	exit 2
}
find . -name '*.[ch]' | sed 's|^\./||' | sort >"$work/files"

# What includes what, and what is wrong with it: lines "wrong TEXT" and "edge FOLDER FOLDER".
xargs awk -v rooms="$rooms" -v list="$work/files" '
	function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }
	function room_of(folder) { sub(/\/.*/, "", folder); return folder }
	function allowed(from, to) {
		if (to == "contract" || from == to)
			return 1
		return (from in level) && (to in level) && level[to] < level[from]
	}
	BEGIN {
		count = split(rooms, name, " ")
		for (i = 1; i <= count; i++)
			level[name[i]] = i
		while ((getline path < list) > 0) {
			if (path !~ /\//) {
				print "wrong core/" path " stands in no folder"
				continue
			}
			room = room_of(path)
			if (!(room in level) && room != "contract" && room != "runner")
				print "wrong core/" path " stands in a folder that is no room"
			base = path
			sub(/.*\//, "", base)
			if (base ~ /\.h$/ && base in where)
				print "wrong " base " exists twice: core/" path ", core/" where[base] "/" base
			where[base] = folder_of(path)
		}
	}
	/^#[ \t]*include "/ {
		split($0, part, "\"")
		base = part[2]
		sub(/.*\//, "", base)
		if (!(base in where))
			next
		from = folder_of(FILENAME)
		to = where[base]
		if (!allowed(room_of(from), room_of(to)))
			print "wrong core/" FILENAME " includes " base ": " room_of(from) " may not see " room_of(to)
		if (from != to)
			print "edge " from " " to
	}' <"$work/files" >"$work/graph"

sed -n 's/^wrong //p' "$work/graph" >"$work/wrong"
sed -n 's/^edge //p' "$work/graph" | sort -u | tsort 2>&1 >/dev/null |
	sed 's/^tsort: -: input contains a loop:$/a cycle between folders of core\/:/; s/^tsort: /	/' >>"$work/wrong"
sed 's|/[^/]*$||' "$work/files" | sort | uniq -c |
	awk -v most=$folder_max '$1 > most {print "core/" $2 " has " $1 " files, more than " most}' >>"$work/wrong"
cat "$work/wrong"
[ ! -s "$work/wrong" ]
