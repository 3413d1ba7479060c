#!/bin/sh
# The first block of docs/adding-a-scenario.md, pasted into a shell with an installed forklab: no file of the
# build tree is used. The verdict is the one in the block's last line.
set -u

here=$(mktemp -d "${TMPDIR:-/tmp}/forklab-pasted-XXXXXX") || exit 1
trap 'rm -rf "$here"' EXIT
fail() { cat out; echo "$*"; exit 1; }

cmake --install "$FORKLAB_BUILD" --prefix "$here/prefix" >"$here/installed" || { cat "$here/installed"; exit 1; }
PATH=$here/prefix/bin:$PATH
export PATH
mkdir "$here/work" && cd "$here/work" || exit 1
awk '/^```/ { if (inside) exit; inside = 1; next } inside' "$FORKLAB_DOCS/adding-a-scenario.md" >block
verdict=$(sed -n '$s/^# //p' block)
[ -n "$verdict" ] && [ "$(grep -vc '^#  *[a-z]*$' block)" -le 10 ] || fail "not ten lines and a verdict"

sh -e block >out 2>err || fail "exit status $?: $(cat err)"
if grep -q 'no right to trace' out; then
	echo "skipped: no right to trace a process here"
	exit 77
fi
grep -q "^glibc .* $verdict \[1\]" out || fail "no $verdict"
grep -qF "forklab sweep -a glibc -s $here/work/clock.c" out || fail "the file is not repeated"
[ ! -s err ] || fail "$(cat err)"

# Without the headers it says so: those of the build tree are not found by accident.
rm "$here/prefix/include/forklab/scenario.h"
forklab list --scenario clock.c >out 2>&1
[ $? = 2 ] && grep -q 'install forklab with its headers' out || fail "it compiled without headers"
