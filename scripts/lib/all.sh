# shellcheck shell=bash
# Everything the scripts share. Source it, from any script of ours, by the path of that script.

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin # mkfs, losetup: not on every user's PATH

for part in say packages toolchain process scratch volume; do
    # shellcheck source=/dev/null
    source "$REPOSITORY/scripts/lib/$part.sh"
done
unset part
