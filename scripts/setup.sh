#!/usr/bin/env bash
# Brings a machine to the point where tianmu can be built, tested and run.
#
#   scripts/setup.sh                  what building and running need
#   scripts/setup.sh --python-tests   also what some tests compare against: Python libraries, a
#                                     PostGIS server, readers of QR codes and of PDF
#   scripts/setup.sh --training       also what the training kit needs: the system's own PyTorch
#
# In order:
#   1. system packages (compiler, pkg-config, GDAL, Python; with --python-tests PostGIS, ZBar and
#      Poppler; with --training PyTorch), through apt-get;
#   2. the ONNX Runtime shared library, out of its pinned Python wheel, into .onnxruntime/;
#   3. with --python-tests, a virtual environment in .test-python/;
#   4. a check that Rust is there and new enough.
#
# Run it as often as you like: what is in place is left alone, what is missing, half done or damaged
# is done again. Only steps 1 to 3 use the network, and only when they have something to do.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd -- "$root"

readonly MIN_GDAL=3.6    # the oldest GDAL that is tested
readonly MIN_PYTHON=3.11 # the oldest Python that the pinned test libraries support

# ---- Small helpers -------------------------------------------------------------------------------

say() { printf 'setup: %s\n' "$*"; }
warn() { printf 'setup: warning: %s\n' "$*" >&2; }

# die MESSAGE [HINT]: what is wrong, and what to do about it.
die() {
    printf 'setup: error: %s\n' "$1" >&2
    [[ $# -lt 2 ]] || printf 'setup: hint: %s\n' "$2" >&2
    exit 1
}

usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

have() { command -v "$1" >/dev/null 2>&1; }

# at_least SEEN WANTED: compares version numbers.
at_least() { [[ $(printf '%s\n' "$2" "$1" | sort --version-sort | head -n 1) == "$2" ]]; }

# retry WHAT COMMAND...: up to three tries, with a growing pause between them.
# `set -e` is off inside COMMAND, so a function given here must chain its steps with `&&`.
retry() {
    local what=$1 try
    shift
    for try in 1 2 3; do
        if "$@"; then return 0; fi
        if ((try < 3)); then
            warn "$what failed (try $try of 3), trying again in $((try * 5)) s"
            sleep $((try * 5))
        fi
    done
    return 1
}

# Two runs at once (two terminals, `make -j`) take turns; the second finds the work done.
# The lock is on this file itself, so nothing is left behind.
take_turn() {
    if have flock; then
        exec 9<"$root/scripts/setup.sh"
        flock 9 || true
    fi
}

# python_that CODE: prints the first Python that runs CODE without an error.
# The system's own Python is asked too: the one on PATH may lack pip or venv.
python_that() {
    local python
    for python in python3 /usr/bin/python3; do
        if have "$python" && "$python" -c "$1" >/dev/null 2>&1; then
            echo "$python"
            return 0
        fi
    done
    return 1
}
readonly CAN_DOWNLOAD='import pip, zipfile'
readonly CAN_MAKE_VENV="import sys, venv, ensurepip; assert sys.version_info >= (${MIN_PYTHON/./, })"
readonly CAN_TRAIN='import torch, numpy, PIL; from osgeo import gdal'

# ---- 1. System packages --------------------------------------------------------------------------

readonly TRAINING_PACKAGES=(python3-torch python3-numpy python3-pil python3-gdal)
# Tests start a PostgreSQL server of their own; one that comes with the package is not touched.
readonly TEST_PACKAGES=(postgresql-postgis zbar-tools poppler-utils)

# Finds the Python that trains. It is looked for once: to import PyTorch takes a second or two.
find_training_python() {
    [[ -n ${training_python:-} ]] || training_python=$(python_that "$CAN_TRAIN")
}

# Whether one of the installed PostgreSQL servers has PostGIS, where Debian and Ubuntu put them.
have_postgis() {
    local bin version
    for bin in /usr/lib/postgresql/*/bin; do
        version=$(basename -- "$(dirname -- "$bin")")
        if [[ -x $bin/initdb && -x $bin/postgres && -x $bin/psql &&
            -f /usr/share/postgresql/$version/extension/postgis.control ]]; then
            return 0
        fi
    done
    return 1
}

# Whether the machine has what PACKAGE is wanted for, whichever way it came there.
# Asked only about packages that dpkg does not know as installed.
provided() {
    case $1 in
        build-essential) have cc && echo 'int main(void) { return 0; }' | cc -x c -o /dev/null - 2>/dev/null ;;
        pkg-config) have pkg-config ;;
        libgdal-dev) have pkg-config && pkg-config --exists gdal ;;
        python3) have python3 ;;
        python3-pip) python_that "$CAN_DOWNLOAD" >/dev/null ;;
        python3-venv) python_that "$CAN_MAKE_VENV" >/dev/null ;;
        postgresql-postgis) have_postgis ;;
        zbar-tools) have zbarimg ;;
        poppler-utils) have pdftotext && have pdftoppm ;;
        # These serve together, in one Python, or not at all.
        python3-torch | python3-numpy | python3-pil | python3-gdal) find_training_python ;;
        *) false ;;
    esac
}

# apt_install AS_ROOT PACKAGE...: AS_ROOT is `sudo` or empty.
apt_install() {
    local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 --quiet --yes)
    [[ -z $1 ]] || apt=("$1" "${apt[@]}")
    shift
    # One broken third-party source must not stop the install: what matters is whether that works.
    "${apt[@]}" update || warn "the package lists could not be refreshed completely"
    "${apt[@]}" install --no-install-recommends "$@"
}

# system_packages PACKAGE...: installs those that are missing.
system_packages() {
    local package installed="" missing=() as_root=""
    if have dpkg-query; then
        # shellcheck disable=SC2016 # dpkg-query fills these in, not the shell
        installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    fi
    for package in "$@"; do
        [[ $'\n'$installed$'\n' == *$'\n'"$package installed"$'\n'* ]] || provided "$package" || missing+=("$package")
    done
    if ((${#missing[@]})); then
        local by_hand="apt-get update && apt-get install --no-install-recommends ${missing[*]}"
        have apt-get ||
            die "missing: ${missing[*]} (Debian's names), and there is no apt-get here to install them" \
                "install what your system calls these packages, then run this again"
        if ((EUID != 0)); then
            # Without a terminal, sudo must not stop to ask for a password.
            if have sudo && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
                as_root=sudo
            else
                die "missing packages: ${missing[*]}, and this user cannot install them" \
                    "as an administrator, run: $by_hand"
            fi
        fi
        say "installing system packages: ${missing[*]}"
        if ! retry "installing packages" apt_install "$as_root" "${missing[@]}"; then
            [[ " ${missing[*]} " != *" python3-torch "* ]] || apt-cache show python3-torch >/dev/null 2>&1 ||
                die "this system's package sources have no python3-torch; Debian 12 has it" \
                    "put torch, numpy, Pillow and GDAL's Python module into the Python that \`python3\` names, then run this again"
            die "could not install: ${missing[*]}" "see apt-get's messages above, or run by hand: $by_hand"
        fi
    fi

    gdal_version=$(pkg-config --modversion gdal) ||
        die "$(command -v pkg-config) does not know GDAL, though libgdal-dev is installed" \
            "put the system's own pkg-config first on PATH"
    at_least "$gdal_version" "$MIN_GDAL" ||
        die "GDAL $gdal_version is too old, tianmu needs $MIN_GDAL or newer" \
            "Debian 12, Ubuntu 24.04 and anything newer have it"
}

# ---- 2. ONNX Runtime -----------------------------------------------------------------------------
#
# .onnxruntime/lib/libonnxruntime.so.<version>   the library
# .onnxruntime/lib/libonnxruntime.so             a link to it, the name tianmu looks for
# .onnxruntime/LICENSE ...                       the wheel's licence texts
# .onnxruntime/SHA256SUMS                        written last: what is here, and from which wheel

readonly ORT_DIR=.onnxruntime
readonly ORT_LOCK=scripts/onnxruntime.lock
readonly ORT_TEXTS=(LICENSE ThirdPartyNotices.txt Privacy.md)

# Reads version and wheel hash for this processor from the lock file.
read_ort_lock() {
    machine=$(uname -m)
    local line
    line=$(grep "^onnxruntime==.*platform_machine == \"$machine\"" "$ORT_LOCK" || true)
    [[ $(uname -s) == Linux && $line =~ ^onnxruntime==([^ ]+)\ .*--hash=sha256:([0-9a-f]{64})$ ]] ||
        die "no ONNX Runtime is pinned for $(uname -s) on $machine" \
            "install ONNX Runtime yourself and set ORT_DYLIB_PATH to its shared library"
    ort_version=${BASH_REMATCH[1]}
    ort_sha256=${BASH_REMATCH[2]}
    ort_library=libonnxruntime.so.$ort_version
    ort_title="# onnxruntime $ort_version, wheel sha256 $ort_sha256"
}

# Whether the pinned library is there, whole and unchanged. Hashing it takes about 0.1 s.
ort_in_place() {
    [[ -f $ORT_DIR/SHA256SUMS && $(head -n 1 "$ORT_DIR/SHA256SUMS") == "$ort_title" ]] &&
        [[ $(readlink "$ORT_DIR/lib/libonnxruntime.so") == "$ort_library" ]] &&
        (cd "$ORT_DIR" && sha256sum --check --status SHA256SUMS 2>/dev/null)
}

# download_wheel PYTHON FOLDER: leaves exactly the pinned wheel in FOLDER.
# The platform flags name one wheel whatever Python runs pip, and nothing is installed, so an
# "externally managed" system Python does not matter.
download_wheel() {
    rm -rf -- "$2" && mkdir -p -- "$2" &&
        PIP_REQUIRE_VIRTUALENV=0 "$1" -m pip download --quiet --no-input --disable-pip-version-check \
            --require-hashes --no-deps --only-binary=:all: \
            --platform "manylinux_2_28_$machine" --python-version 3.11 --implementation cp --abi cp311 \
            --dest "$2" --requirement "$ORT_LOCK" &&
        [[ $(sha256sum "$2"/onnxruntime-*.whl) == "$ort_sha256 "* ]]
}

# unpack_wheel PYTHON WHEEL FOLDER: the library and the licence texts, flat in FOLDER.
# The library is also loaded once and asked for its version, so that a machine it cannot run on is
# found out here and not in the middle of a scan.
unpack_wheel() {
    "$1" - "$2" "$3" "$ort_version" "capi/$ort_library" "${ORT_TEXTS[@]}" <<'PYTHON'
import ctypes, pathlib, sys, zipfile

wheel, folder, version, *members = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for member in members:
        target = pathlib.Path(folder, pathlib.Path(member).name)
        target.write_bytes(archive.read(f"onnxruntime/{member}"))  # checks the CRC


class OrtApiBase(ctypes.Structure):
    _fields_ = [("get_api", ctypes.c_void_p), ("version", ctypes.CFUNCTYPE(ctypes.c_char_p))]


library = ctypes.CDLL(str(pathlib.Path(folder, f"libonnxruntime.so.{version}").resolve()))
library.OrtGetApiBase.restype = ctypes.POINTER(OrtApiBase)
seen = library.OrtGetApiBase().contents.version().decode()
if seen != version:
    sys.exit(f"the library says it is version {seen}, not {version}")
PYTHON
}

# put_in_place FROM TO: whole or not at all, by a rename; a program that has the old file open keeps it.
put_in_place() {
    if [[ -d $2 && ! -L $2 ]]; then rm -rf -- "$2"; fi
    mv -f -T -- "$1" "$2"
}

install_ort() {
    take_turn
    if ort_in_place; then return; fi
    say "bringing ONNX Runtime $ort_version (28 MB) into $ORT_DIR/"
    local python new=$ORT_DIR/.new name
    python=$(python_that "$CAN_DOWNLOAD")

    [[ -d $ORT_DIR ]] || rm -f -- "$ORT_DIR"
    rm -rf -- "$new"
    mkdir -p -- "$new" "$ORT_DIR/lib"
    retry "downloading ONNX Runtime" download_wheel "$python" "$new/wheel" ||
        die "could not download the wheel onnxruntime $ort_version" \
            "check the network and pip's settings, or put ONNX Runtime on this machine another way and set ORT_DYLIB_PATH to its shared library"
    unpack_wheel "$python" "$new"/wheel/onnxruntime-*.whl "$new" ||
        die "the ONNX Runtime library does not load on this machine" "see the message above"

    # SHA256SUMS goes first and comes back last, so a run cut off in between is done again.
    rm -rf -- "$ORT_DIR/SHA256SUMS"
    put_in_place "$new/$ort_library" "$ORT_DIR/lib/$ort_library"
    ln -s -- "$ort_library" "$new/link"
    put_in_place "$new/link" "$ORT_DIR/lib/libonnxruntime.so"
    for name in "${ORT_TEXTS[@]}"; do put_in_place "$new/$name" "$ORT_DIR/$name"; done
    find "$ORT_DIR/lib" -mindepth 1 ! -name "$ort_library" ! -name libonnxruntime.so -delete # older versions
    {
        echo "$ort_title"
        (cd "$ORT_DIR" && sha256sum "lib/$ort_library" "${ORT_TEXTS[@]}")
    } >"$new/SHA256SUMS"
    put_in_place "$new/SHA256SUMS" "$ORT_DIR/SHA256SUMS"
    rm -rf -- "$new"
}

# ---- 3. Python libraries for tests ---------------------------------------------------------------

readonly VENV=.test-python
readonly REQUIREMENTS=tests/python/requirements.txt

# Whether the environment was finished from these very requirements and its Python still starts.
python_tests_in_place() {
    [[ -f $VENV/requirements.sha256 ]] &&
        sha256sum --check --status "$VENV/requirements.sha256" 2>/dev/null &&
        "$VENV/bin/python" -c pass 2>/dev/null
}

pip_install_requirements() {
    "$VENV/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
        --only-binary=:all: --no-deps --requirement "$REQUIREMENTS"
}

install_python_tests() {
    take_turn
    if python_tests_in_place; then return; fi
    say "making the Python environment for tests in $VENV/"
    local python
    python=$(python_that "$CAN_MAKE_VENV")
    rm -rf -- "$VENV"
    "$python" -m venv "$VENV"
    retry "installing the Python test libraries" pip_install_requirements ||
        die "could not install the Python test libraries" "check the network and pip's settings"
    sha256sum "$REQUIREMENTS" >"$VENV/requirements.sha256"
}

# ---- 4. Rust -------------------------------------------------------------------------------------

# Not installed from here: how Rust comes to a machine is its owner's choice.
check_rust() {
    local wanted seen
    wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' Cargo.toml)
    PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    local hint="install it with rustup (rust-lang.org, \"Install Rust\"), then run this again"
    if ! have cargo || ! have rustc; then die "Rust is missing, tianmu needs Rust $wanted or newer" "$hint"; fi
    seen=$(rustc --version) || die "\`rustc --version\` failed" "$hint"
    rust_version=$(cut -d ' ' -f 2 <<<"$seen")
    at_least "$rust_version" "$wanted" ||
        die "Rust $rust_version at $(command -v rustc) is too old, tianmu needs $wanted or newer" \
            "\`rustup update stable\`; or $hint"
}

# ---- The story -----------------------------------------------------------------------------------

main() {
    local python_tests=false training=false
    while (($#)); do
        case $1 in
            --python-tests) python_tests=true ;;
            --training) training=true ;;
            -h | --help) usage && exit 0 ;;
            *) die "unknown option \`$1\`" "options: --python-tests, --training, --help" ;;
        esac
        shift
    done

    # What is to be done decides which packages are needed: pip only to download, venv only to make one.
    local packages=(build-essential pkg-config libgdal-dev)
    local want_ort=false want_python_tests=false ort_state
    if [[ -n ${ORT_DYLIB_PATH:-} && -f $ORT_DYLIB_PATH ]]; then
        ort_state="ONNX Runtime from ORT_DYLIB_PATH ($ORT_DYLIB_PATH)"
    else
        [[ -z ${ORT_DYLIB_PATH:-} ]] ||
            warn "ORT_DYLIB_PATH names \`$ORT_DYLIB_PATH\`, which is not a file; unset it to use the library in $ORT_DIR/"
        read_ort_lock
        ort_state="ONNX Runtime $ort_version"
        ort_in_place || want_ort=true
    fi
    if $python_tests && ! python_tests_in_place; then want_python_tests=true; fi
    if $want_ort; then packages+=(python3 python3-pip); fi
    if $want_python_tests; then packages+=(python3 python3-venv); fi

    if $python_tests; then packages+=("${TEST_PACKAGES[@]}"); fi
    if $training; then packages+=("${TRAINING_PACKAGES[@]}"); fi

    system_packages "${packages[@]}"
    if $training; then
        find_training_python ||
            die "the packages for training are installed, but neither python3 nor /usr/bin/python3 can use them" \
                "see what is missing: /usr/bin/python3 -c '$CAN_TRAIN'"
    fi
    if $want_ort; then install_ort; fi
    if $want_python_tests; then install_python_tests; fi
    check_rust

    local more=""
    if $python_tests; then more+=", Python test libraries, PostGIS, ZBar, Poppler"; fi
    if $training; then more+=", PyTorch in $training_python"; fi
    say "ready: GDAL $gdal_version, $ort_state, Rust $rust_version$more"
}

main "$@"
