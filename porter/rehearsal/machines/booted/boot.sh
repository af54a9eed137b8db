# Boot the machine whose folder this is run in: sh boot.sh IMAGE UUID CONSOLE HIERARCHIES PROGRAM...
#
# Runs as process 1 of new mount, pid, uts, ipc and cgroup namespaces and the instance's network
# namespace. HIERARCHIES: words NAME=TYPE=OPTIONS, the control groups to mount below /sys/fs/cgroup;
# the NAME `.` is /sys/fs/cgroup itself.
set -e
# After pivot_root programs are the image's, wherever they were before.
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
image=$1 uuid=$2 console=$3 hierarchies=$4
shift 4

# The disk: what is written goes to disk/upper/, what is read comes from the image. The bind keeps
# the image's own path, in which a comma or a colon would mean something, out of the options.
mount --bind "$image" image
mount -t overlay overlay -o lowerdir=image,upperdir=disk/upper,workdir=disk/work root
# What Docker keeps cannot lie on an overlay: it makes overlays of its own there.
mkdir -p root/var/lib/docker
mount --bind disk/docker root/var/lib/docker
cd root

# /proc of this pid namespace. Read-only is what would change the machine outside; a network
# namespace has settings of its own, and the real hosts' software expects to set them.
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
if [ -e proc/sysrq-trigger ]; then
    mount --bind proc/sysrq-trigger proc/sysrq-trigger
    mount -o remount,bind,ro proc/sysrq-trigger
fi

# /sys: this network namespace's devices, and the hypervisor EC2 shows. No folder can be made in
# a sysfs, so its parts are bound into a tmpfs. Read-only, it tells systemd to leave devices alone.
mount -t tmpfs -o mode=755 tmpfs sys
mkdir sys/all
mount -t sysfs -o ro sysfs sys/all
for part in block bus class dev devices kernel module; do
    if [ -d "sys/all/$part" ]; then
        mkdir "sys/$part"
        mount --bind "sys/all/$part" "sys/$part"
    fi
done
umount -l sys/all
rmdir sys/all
# cloud-init takes a machine without DMI for one of EC2 by this file.
mkdir -p sys/fs/cgroup sys/hypervisor
echo "$uuid" > sys/hypervisor/uuid

# Control groups, as systemd finds them on a host of the same kind. The cgroup namespace makes
# the instance's own group the root of each.
case $hierarchies in
    .=*) ;;
    *) mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup ;;
esac
for hierarchy in $hierarchies; do
    name=${hierarchy%%=*}
    rest=${hierarchy#*=}
    mkdir -p "sys/fs/cgroup/$name"
    mount -t "${rest%%=*}" -o "${rest#*=}" cgroup "sys/fs/cgroup/$name"
done
mount -o remount,bind,ro sys

# /dev: the devices every program may expect, none that is hardware.
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
# systemd writes its console to a terminal or not at all.
touch dev/console
mount --bind "$console" dev/console

# /run is empty at each boot, and each boot has an id of its own: else journals of two boots merge.
mount -t tmpfs -o mode=755 tmpfs run
cat /proc/sys/kernel/random/uuid > run/boot_id
mount --bind run/boot_id proc/sys/kernel/random/boot_id

# From here on there is nothing outside. /mnt is on every machine, and empty.
pivot_root . mnt
umount -l /mnt
rm /run/boot_id
hostname localhost
# Services with mounts of their own get to see later ones, as on any machine with systemd.
mount --make-rshared /

exec env -i container=porter PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
