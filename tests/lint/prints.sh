#!/bin/sh
# Only commands/ and report/ print: prints.sh ROOT. Prints every other line of forklab that writes to standard output or
# standard error. Exit status 1 if there is any. base/output.c opens standard output for the result.
set -u
cd "$1/core" || exit 2
found=$(grep -rnE '\<(stdout|stderr|perror)\>|(^|[^a-z_])(printf|puts|putchar)\(' --include='*.[ch]' . |
	grep -vE '^\./(commands|report|runner)/|^\./base/output\.c:.*stdout')
[ -z "$found" ] || {
	printf 'only commands/ and report/ print:\n%s\n' "$found"
	exit 1
}
