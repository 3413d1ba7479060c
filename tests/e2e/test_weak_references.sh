#!/bin/sh
# A weak reference in an allocator or in libc finds a function or does not, depending on what else is in a
# static program. None may be found in a static runner that is not found in the program without the engine
# (tests/plain), or the runner tests another allocator. And a shared runner must neither export a function, which
# the allocator would find before its own, nor need a library, with constructors, that the program does not need.
set -u
export LC_ALL=C
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
checked=0
failed=0

# Names that an archive refers to weakly.
weak() {
	nm "$@" 2>/dev/null | awk 'NF == 2 && ($1 == "w" || $1 == "v") { print $2 }'
}

# found PROGRAM LIST: names of the list that the program defines, by function or data.
found() {
	nm "$1" | awk 'NF == 3 { print $3 }' | sort -u | comm -12 - "$2"
}

# differ ROW RUNNER: what the runner finds and the program of the row does not.
differ() {
	base=${1%-static}
	archive=lib$(echo "${base%-atfork}" | tr - _).a
	weak "$($CC -print-file-name="$archive")" | sort -u - "$work/common" >"$work/weak"
	[ -s "$work/weak" ] || { echo "no weak references found for $1" >&2; exit 1; }
	found "$FORKLAB_PLAIN/plain-$1" "$work/weak" >"$work/program"
	found "$FORKLAB_RUNNERS/forklab-run-$2" "$work/weak" >"$work/runner"
	[ -s "$work/program" ] || { echo "plain-$1 has no symbols" >&2; exit 1; }
	comm -13 "$work/program" "$work/runner"
}

command -v nm >/dev/null || { echo "skipped: no nm"; exit 77; }
weak "$($CC -print-file-name=libc.a)" "$($CC -print-file-name=libgcc_eh.a)" >"$work/common"
for program in "$FORKLAB_PLAIN"/plain-*-static; do
	[ -e "$program" ] || continue
	row=${program##*/plain-}
	[ -e "$FORKLAB_RUNNERS/forklab-run-$row" ] || continue
	checked=$((checked + 1))
	more=$(differ "$row" "$row") || exit 1
	if [ -n "$more" ]; then
		echo "forklab-run-$row finds what a program does not: $more"
		failed=1
	fi
done
[ $checked -gt 0 ] || { echo "skipped: no static runners"; exit 77; }

# The planted fault: a runner of which some object refers to pthread_atfork().
if [ -e "$FORKLAB_PLAIN/plain-tcmalloc-minimal-static" ]; then
	more=$(differ tcmalloc-minimal-static tcmalloc-minimal-atfork-static) || exit 1
	if ! echo "$more" | grep -qx pthread_atfork; then
		echo "the planted reference was not noticed: $more"
		failed=1
	fi
fi

# exported RUNNER: except what scenario.h declares, for scenarios from files.
exported() {
	nm -D --defined-only "$FORKLAB_RUNNERS/forklab-run-$1" 2>/dev/null | awk '$3 !~ /^lab_/ { print $3 }'
}

# needed PROGRAM: the libraries that it names.
needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u
}

for row in glibc jemalloc mimalloc tcmalloc tcmalloc-minimal; do
	program=$FORKLAB_PLAIN/plain-$row
	[ -e "$program" ] || continue
	exported "$row" >"$work/more"
	needed "$program" >"$work/program"
	grep -q libc "$work/program" || { echo "plain-$row needs no libc?" >&2; exit 1; }
	needed "$FORKLAB_RUNNERS/forklab-run-$row" | comm -13 "$work/program" - >>"$work/more"
	if [ -s "$work/more" ]; then
		echo "forklab-run-$row exports or needs: $(cat "$work/more")"
		failed=1
	fi
done
# What is exported on purpose is seen.
nm -D --defined-only "$FORKLAB_RUNNERS/forklab-run-glibc" | grep -q ' lab_malloc$' ||
	{ echo "the exports of forklab-run-glibc were not noticed"; failed=1; }
exit $failed
