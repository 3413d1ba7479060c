#!/bin/sh
# Words that forklab does not use: words.sh ROOT. docs/architecture.md and the glossary of the code have one plain word
# for each thing; these are the old ones. Prints every line that has one. Exit status 1 if there is any.
set -u
cd "$1" || exit 2

words='for ever\b|anew|airborne|flights|precedent|deathbed|lodger|shelf|diary|so-manieth'
! grep -rnIiE "$words" --exclude-dir=lint core scenarios allocators tests bench cmake docs README.md lab
