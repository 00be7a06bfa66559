#!/bin/bash
# Every C and C++ file is as clang-format (with the repository's .clang-format) would write it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

command -v clang-format >/dev/null || { echo "clang-format is missing"; exit 1; }
mapfile -d '' files < <(git -c safe.directory='*' ls-files -z --cached --others \
  --exclude-standard -- '*.h' '*.cc' '*.c')
existing=()
for file in "${files[@]}"; do [[ -f $file ]] && existing+=("$file"); done
((${#existing[@]} > 0)) || { echo "no files found"; exit 1; }

wrong=()
for file in "${existing[@]}"; do
  clang-format --dry-run -Werror "$file" 2>/dev/null || wrong+=("$file")
done
if ((${#wrong[@]} > 0)); then
  echo "clang-format -i ${wrong[*]}"
  exit 1
fi
echo "ok: ${#existing[@]} files"
