#!/bin/sh
# The blocks of docs/in-your-ci.md, run as they stand there, in their order: each must end with 0, or with
# what its last line says. A block that needs a program which is not here is left out, and told. The controls
# run only in blocks that mention them. There, exit status 3 may be bad luck, since controls are random trials;
# but not five times in a row.
set -u

here=$(mktemp -d "${TMPDIR:-/tmp}/forklab-ci-XXXXXX") || exit 1
trap 'rm -rf "$here"' EXIT
usual=$PATH

mkdir "$here/old" "$here/blocks"
cp "$FORKLAB_PRELOADS/teach-lockall.so" "$here/libmine.so"
cp "$FORKLAB_PRELOADS/teach-lockall.so" "$here/old/libmine.so"
cp "$FORKLAB_PRELOADS/teach-none.so" "$here/libbroken.so"
awk -v to="$here/blocks" '
	/^```sh$/ { file = sprintf("%s/%02d", to, ++blocks); next }
	/^```$/ { file = "" }
	file { print > file }' "$FORKLAB_DOCS/in-your-ci.md"

cd "$here" || exit 1
count=0
for block in blocks/*; do
	forklab=$FORKLAB
	! grep -q controls "$block" || forklab=$FORKLAB_WITH_CONTROLS
	PATH=$(dirname "$forklab"):$usual
	export PATH
	program=$(sed -n '1s/ .*//p' "$block")
	if ! command -v "$program" >/dev/null; then
		echo "left out, $program is not here: $block"
		continue
	fi
	wanted=$(sed -n '$s/^# exit status //p' "$block")
	echo "--- $(head -1 "$block")"
	for round in 1 2 3 4 5; do
		sh -e "$block" >out 2>&1
		status=$?
		[ "$status" = 3 ] || break
		echo "round $round: exit status 3"
	done
	if grep -qs 'no right to trace' forklab.xml out; then
		echo "skipped: no right to trace a process here"
		exit 77
	fi
	if [ "$status" != "${wanted:-0}" ]; then
		cat "$block" out
		echo "exit status $status, not ${wanted:-0}"
		exit 1
	fi
	count=$((count + 1))
done
[ "$count" -ge 6 ] || { echo "only $count blocks"; exit 1; }
