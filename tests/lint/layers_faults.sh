#!/bin/sh
# layers.sh must see each of these: layers_faults.sh ROOT. A copy of core/ is damaged in one place at a time.
set -u
root=$1
here=$(dirname -- "$(readlink -f -- "$0")")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failed=0

# plant NAME PATTERN: after the damage that standard input describes, layers.sh fails and says PATTERN.
plant() {
	rm -rf "$work/core"
	cp -R "$root/core" "$work/core" || exit 2
	(cd "$work/core" && sh -eu) || exit 2
	if "$here/layers.sh" "$work" >"$work/out"; then
		echo "not seen: $1"
		failed=1
	elif ! grep -q "$2" "$work/out"; then
		echo "$1: seen as something else:"
		cat "$work/out"
		failed=1
	fi
}

plant 'an include upwards' 'base may not see commands' <<'END'
echo '#include "cli.h"' >>base/stats.c
END
plant 'an include of the other program' 'proc may not see runner' <<'END'
touch runner/planted.h
echo '#include "planted.h"' >>proc/proc.c
END
plant 'the other program includes a room' 'runner may not see base' <<'END'
echo '#include "stats.h"' >>runner/main.c
END
plant 'a cycle between folders of one room' 'a cycle between folders' <<'END'
mkdir -p report/planted_a report/planted_b
echo '#include "planted_b.h"' >report/planted_a/planted_a.h
echo '#include "planted_a.h"' >report/planted_b/planted_b.h
END
plant 'two headers of one name' 'stats.h exists twice' <<'END'
touch cost/stats.h
END
plant 'a file on the ground floor' 'stands in no folder' <<'END'
touch planted.c
END
plant 'a folder that is no room' 'is no room' <<'END'
mkdir unlisted
touch unlisted/planted.c
END
plant 'a folder that is too full' 'more than 40' <<'END'
for i in 1 2 3 4 5 6 7 8 9 0 a b; do
	touch "base/planted_$i.c" "base/planted_a$i.c" "base/planted_b$i.c" "base/planted_c$i.c"
done
END
exit $failed
