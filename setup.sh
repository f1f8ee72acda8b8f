#!/bin/sh
# Makes .venv with the pinned dependencies and installs Rimlight in it, editable. Says nothing and takes no time
# when that is done already. `make` calls it before everything else.
set -eu
cd "$(dirname "$0")"
PATH="$PATH:/usr/sbin:/sbin"
export PIP_DISABLE_PIP_VERSION_CHECK=1

stamp=.venv/setup.stamp
wanted="$(pwd): $(cat pyproject.toml constraints.txt setup.sh | cksum)"
if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

say() { echo "setup: $*"; }

# apt_install PACKAGE...: install on Debian or Ubuntu if this user may do so without being asked for a password.
apt_install() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else return 1; fi
    say "installing $*"
    for attempt in cached updated; do
        [ $attempt = cached ] || $as_root apt-get update -qq >/dev/null 2>&1 || true
        if $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" \
            >/dev/null 2>&1 </dev/null; then
            return 0
        fi
    done
    return 1
}

# find_python MODULES: print the first interpreter that is new enough, and imports MODULES.
find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v $name >/dev/null && $name -c "import sys, $1; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
            echo $name
            return 0
        fi
    done
    return 1
}

# Programs in an environment name its place, so one that was moved or copied is made anew.
case "$(cat "$stamp" 2>/dev/null || echo "$(pwd):")" in "$(pwd):"*) ;; *) rm -rf .venv ;; esac

if ! .venv/bin/python -c "import sys, pip; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
    if ! python=$(find_python "venv, ensurepip"); then
        # An interpreter without the means to make an environment is how Debian ships it.
        package=$(find_python sys || echo python3)
        apt_install "$package-venv" || true
        python=$(find_python "venv, ensurepip") || { apt_install python3.11-venv && python=$(find_python "venv, ensurepip"); } || {
            say "needs Python 3.11 or newer with its venv module (on Debian and Ubuntu: apt-get install $package-venv)" >&2
            exit 1
        }
    fi
    say "making .venv with $($python --version)"
    rm -rf .venv
    $python -m venv .venv
fi

# What Qt and GL load at run time, as PACKAGE:LIBRARY. macOS has it all.
libraries="
libgl1:libGL.so.1 libegl1:libEGL.so.1 libglib2.0-0:libglib-2.0.so.0 libdbus-1-3:libdbus-1.so.3
libfontconfig1:libfontconfig.so.1 libxkbcommon0:libxkbcommon.so.0 libxkbcommon-x11-0:libxkbcommon-x11.so.0
libx11-xcb1:libX11-xcb.so.1 libxcb-cursor0:libxcb-cursor.so.0 libxcb-icccm4:libxcb-icccm.so.4
libxcb-image0:libxcb-image.so.0 libxcb-keysyms1:libxcb-keysyms.so.1 libxcb-randr0:libxcb-randr.so.0
libxcb-render-util0:libxcb-render-util.so.0 libxcb-shape0:libxcb-shape.so.0 libxcb-sync1:libxcb-sync.so.1
libxcb-xfixes0:libxcb-xfixes.so.0 libxcb-xkb1:libxcb-xkb.so.1
"
if [ "$(uname)" = Linux ] && command -v ldconfig >/dev/null; then
    present=$(ldconfig -p)
    missing=
    for pair in $libraries; do
        case "$present" in *"${pair#*:} "*) ;; *) missing="$missing ${pair%%:*}" ;; esac
    done
    # shellcheck disable=SC2086
    [ -z "$missing" ] || apt_install $missing ||
        say "the GUI needs these system packages, please install them:$missing"
fi

say "installing the pinned dependencies into .venv (the first time 1.8 GB, about a minute)"
[ -t 1 ] && verbosity= || verbosity=-qq
# shellcheck disable=SC2086
.venv/bin/python -m pip install $verbosity -c constraints.txt -e ".[gui,dev]"
# Not every machine has builds of what training needs; the product does without.
# shellcheck disable=SC2086
.venv/bin/python -m pip install $verbosity -c constraints.txt -e ".[train]" ||
    say "what training needs cannot be installed here; rendering views and their tests are left out"
echo "$wanted" >"$stamp"
