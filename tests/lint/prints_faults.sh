#!/bin/sh
# prints.sh must see each of these: prints_faults.sh ROOT. A copy of core/ gets one line at a time.
set -u
root=$1
here=$(dirname -- "$(readlink -f -- "$0")")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failed=0
for line in 'fprintf(stderr, "planted");' 'printf("planted");' '	puts("planted");' 'perror("planted");'; do
	rm -rf "$work/core"
	cp -R "$root/core" "$work/core" || exit 2
	echo "$line" >>"$work/core/plan/plan.c"
	if "$here/prints.sh" "$work" >"$work/out" || ! grep -q 'plan/plan.c.*planted' "$work/out"; then
		echo "not seen: $line"
		failed=1
	fi
done
exit "$failed"
