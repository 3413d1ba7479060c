#!/bin/sh
# Where /proc shows the processes of another pid namespace, or is not there, forklab says so in one line and
# ends with 3, at once. --version needs no /proc.
set -u

if ! unshare -pf true 2>/dev/null || ! unshare -m umount -l /proc 2>/dev/null; then
	echo "skipped: no right to make namespaces"
	exit 77
fi

here=$(mktemp -d "${TMPDIR:-/tmp}/forklab-proc-XXXXXX") || exit 1
trap 'rm -rf "$here"' EXIT
failed=0

# says WORDS COMMAND...
says() {
	words=$1
	shift
	timeout 20 "$@" stress -a glibc -s basic -m fork --trials 3 >"$here/out" 2>"$here/err"
	status=$?
	lines=$(wc -l <"$here/err")
	if [ $status -ne 3 ] || [ -s "$here/out" ] || [ "$lines" -ne 1 ] || ! grep -q "$words" "$here/err"; then
		echo "$*: status $status, not 3 and one line with '$words':"
		cat "$here/out" "$here/err"
		failed=1
	fi
}

says 'another pid namespace' unshare -pf "$FORKLAB"
says 'no proc file system' unshare -m sh -c 'umount -l /proc && exec "$@"' sh "$FORKLAB"

if ! unshare -m sh -c 'umount -l /proc && exec "$@"' sh "$FORKLAB" --version >/dev/null; then
	echo "--version fails without /proc"
	failed=1
fi
if ! unshare -pf --mount-proc "$FORKLAB" stress -a glibc -s basic -m fork --trials 3 >"$here/out" 2>&1; then
	echo "it does not work in a namespace with a /proc of its own:"
	cat "$here/out"
	failed=1
fi
exit $failed
