#!/bin/sh
# The examples of each command's --help, run as they stand there, with less time: each must work. One that
# needs an allocator which is not built here is left out, and told.
set -u

here=$(mktemp -d "${TMPDIR:-/tmp}/forklab-help-XXXXXX") || exit 1
trap 'rm -rf "$here"' EXIT
PATH=$(dirname "$FORKLAB"):$PATH
export PATH
cd "$here" || exit 1

# The commands, as `forklab --help` lists them.
commands=$(forklab --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p')
count=0
for command in $commands; do
	forklab "$command" --help >help || exit 1
	sed -n '/^Examples:$/,$s/^  \(forklab .*\)/\1/p' help >examples
	[ "$(wc -l <examples)" = 2 ] || { cat help; echo "$command: not two examples"; exit 1; }
	while read -r example; do
		case $example in
		*jemalloc*)
			[ -e "$FORKLAB_RUNNERS/forklab-run-jemalloc" ] ||
				{ echo "left out, no jemalloc: $example"; continue; } ;;
		esac
		less=
		! grep -q -e ' --budget=' help || less=' --budget 3'
		echo "$example$less"
		sh -c "$example$less" >out 2>&1 </dev/null
		status=$?
		if grep -qs 'no right to trace' out; then
			echo "skipped: no right to trace a process here"
			exit 77
		fi
		case $example:$status in
		*:0 | *--fail-on*:1) ;;
		*)
			cat out
			echo "exit status $status"
			exit 1 ;;
		esac
		count=$((count + 1))
	done <examples
done
[ "$count" -ge 12 ] || { echo "only $count examples"; exit 1; }
