#!/usr/bin/env bash
# All of Herald's checks and tests. The last line is `N passed, N failed`; a check that fails counts as one failure.
set -uo pipefail
cd "$(dirname "$0")/.."
output=$(mktemp)
trap 'rm -f "$output"' EXIT

broken=0
for check in types lint format-check knip; do
  printf 'check %s … ' "$check"
  if make --no-print-directory "$check" >"$output" 2>&1; then
    echo ok
  else
    echo failed
    cat "$output"
    broken=$((broken + 1))
  fi
done

vitest run 2>&1 | tee "$output"
status=${PIPESTATUS[0]}
totals=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$output" | tail -n 1)
passed=$(sed -E 's/^([0-9]+) passed.*/\1/' <<<"${totals:-0 passed, 0 failed}")
failed=$(sed -E 's/^[0-9]+ passed, ([0-9]+) failed.*/\1/' <<<"${totals:-0 passed, 0 failed}")
[[ $totals ]] || failed=1
((status == 0 || failed > 0)) || failed=1
printf '\n%d passed, %d failed\n' $((passed + 4 - broken)) $((failed + broken))
((status == 0 && broken == 0))
