#!/usr/bin/env bash
# All of Herald's checks and tests. The last line is `N passed, N failed`; each check counts as one test.
set -uo pipefail
cd "$(dirname "$0")/.."
output=$(mktemp)
trap 'rm -f "$output"' EXIT

checked=0
broken=0
for check in types lint format-check knip; do
  checked=$((checked + 1))
  printf 'check %-13s' "$check"
  if make --no-print-directory "$check" >"$output" 2>&1; then
    echo ok
  else
    broken=$((broken + 1))
    echo failed
    cat "$output"
  fi
done

vitest run 2>&1 | tee "$output"
status=${PIPESTATUS[0]}
totals=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$output" | tail -n 1)
read -r passed _ failed _ <<<"${totals:-0 passed, 1 failed}"
((status == 0 || failed > 0)) || failed=1
printf '\n%d passed, %d failed\n' $((passed + checked - broken)) $((failed + broken))
((status == 0 && failed + broken == 0))
