#!/usr/bin/env bash
# Chromium for the tests of the pages. Where it cannot be had, this says so and the tests skip.
set -uo pipefail

for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "no chromium: tests of the pages will be skipped (install the package chromium to run them)"
    exit 0
fi
echo "installing chromium for the tests of the pages ..."
{
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
} >/dev/null 2>&1 || echo "chromium could not be installed: tests of the pages will be skipped"
