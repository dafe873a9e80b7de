#!/usr/bin/env bash
# Makes .venv with the first Python >= 3.11 it finds (or $PYTHON), also where Python came without ensurepip.
set -euo pipefail
cd "$(dirname "$0")/.."

new_enough() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    echo "No Python 3.11 or newer was found. Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2
    return 1
}

can_bring_pip() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

install_venv_module() {
    local version
    version=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$version" >/dev/null
    fi
    can_bring_pip "$1" && return
    echo "$1 has no ensurepip, so it cannot make an environment with pip." >&2
    echo "On Debian and Ubuntu: sudo apt install $version. Or name another Python: make setup PYTHON=..." >&2
    return 1
}

python=$(find_python)
if can_bring_pip "$python"; then
    "$python" -m venv .venv
elif command -v uv >/dev/null 2>&1; then
    uv venv --quiet --seed --allow-existing --python "$python" .venv
else
    install_venv_module "$python"
    "$python" -m venv .venv
fi
