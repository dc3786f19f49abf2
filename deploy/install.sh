#!/bin/sh
# Makes .venv and installs one of the hashed locks into it, once: deploy/install.sh run|dev
#
# The stamp left in .venv repeats the lock and is written last, so that a changed lock and an interrupted install are
# noticed and mended by the next call. So are a moved checkout and a Python that was upgraded away.
set -eu
cd "$(dirname "$0")/.."

wanted=$1
locks=deploy/requirements
venv=.venv

say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

has_environment() { [ "$(cat $venv/checkout 2>/dev/null)" = "$(pwd)" ] && $venv/bin/python -Ic 'import pip' 2>/dev/null; }
has_lock() { cmp -s "$locks/$1.txt" "$venv/installed-$1.txt"; }

# The development lock holds all of the other one.
is_ready() { { has_lock "$wanted" || { [ "$wanted" = run ] && has_lock dev; }; } && has_environment; }

# The first Python 3.11 or newer that can make a virtual environment.
find_python() {
    incomplete=
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        version=$("$candidate" -c 'import sys; sys.version_info >= (3, 11) and print("%d.%d" % sys.version_info[:2])' \
            2>/dev/null) || continue
        [ -n "$version" ] || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            python=$candidate
            return
        fi
        incomplete=${incomplete:-$version}
    done
    [ -z "$incomplete" ] || die "Python $incomplete is here, but without its venv and ensurepip modules." \
        "On Debian and Ubuntu: apt-get install python$incomplete-venv"
    die "Kasparro needs Python 3.11 or newer: none of ${PYTHON:-python3, python3.13, python3.12, python3.11} is one." \
        "On Debian and Ubuntu: apt-get install python3-venv. To name one yourself: make PYTHON=/path/to/python3"
}

# uv is quick, but takes no constraints of pyproject.toml beside hashes (those of the locks are in constraints.in), and
# reads no configuration of pip (an own package index, say): where it fails, pip takes its place.
install_packages() {
    [ -t 2 ] && quiet= || quiet=yes
    pip="$venv/bin/python -m pip --disable-pip-version-check install --require-hashes"
    if $pip --quiet --requirement "$locks/installer.txt" &&
        $venv/bin/uv pip install --python $venv/bin/python --system-certs --require-hashes ${quiet:+--quiet} \
            --requirement "$locks/$wanted.txt"
    then return; fi
    say "uv could not install them; pip can, but takes about a minute."
    $pip ${quiet:+--quiet} --requirement "$locks/$wanted.txt"
}

if is_ready; then exit; fi

# Of two at once, the second waits and finds the work done. Where there is no flock (macOS), they had better not meet.
if command -v flock >/dev/null; then
    exec 9<"$locks/installer.txt"
    flock 9
    if is_ready; then exit; fi
fi

rm -f $venv/installed-*.txt
if ! has_environment; then
    find_python
    say "Making $venv with $("$python" --version)"
    "$python" -m venv --clear $venv >&2
    pwd >$venv/checkout
fi
say "Installing the packages of $locks/$wanted.txt, once"
install_packages >&2 || die "The packages could not be installed: see above. The next make goes on from here."
cp "$locks/$wanted.txt" $venv/installing.txt
mv $venv/installing.txt "$venv/installed-$wanted.txt"
