# Boot the machine in the working directory: sh boot.sh IMAGE UUID CONSOLE HIERARCHIES PROGRAM...
#
# Runs as process 1 of new mount, pid, uts, ipc and cgroup namespaces, in the machine's network
# namespace. HIERARCHIES are words NAME=TYPE=OPTIONS: cgroup hierarchies to mount below
# /sys/fs/cgroup. The NAME `.` means /sys/fs/cgroup itself.
set -e
# After pivot_root, programs come from the image.
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
image=$1 uuid=$2 console=$3 hierarchies=$4
shift 4

# The disk: an overlay of disk/upper/ on the image. The bind mount keeps the image's path out of the
# options, where a comma or a colon would have a meaning.
mount --bind "$image" image
mount -t overlay overlay -o lowerdir=image,upperdir=disk/upper,workdir=disk/work root
# Docker makes overlays, which an overlay cannot hold.
mkdir -p root/var/lib/docker
mount --bind disk/docker root/var/lib/docker
cd root

# /proc of this pid namespace. Settings of the whole computer are read-only. Network settings belong
# to the network namespace, and software on hosts expects to change them.
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
if [ -e proc/sysrq-trigger ]; then
    mount --bind proc/sysrq-trigger proc/sysrq-trigger
    mount -o remount,bind,ro proc/sysrq-trigger
fi

# /sys: this network namespace's devices, and EC2's hypervisor. A sysfs cannot hold new folders, so
# its parts are bound into a tmpfs. systemd does not manage devices if /sys is read-only.
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
# By this file cloud-init recognizes EC2 on a machine without DMI.
mkdir -p sys/fs/cgroup sys/hypervisor
echo "$uuid" > sys/hypervisor/uuid

# Control groups, as on this computer. The cgroup namespace makes the machine's own control group the
# root of each hierarchy.
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

# /dev: the devices that every program expects, and no hardware.
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
# systemd writes its console to terminals only.
touch dev/console
mount --bind "$console" dev/console

# /run is empty at each boot. Each boot has its own id, or the journals of two boots would merge.
mount -t tmpfs -o mode=755 tmpfs run
cat /proc/sys/kernel/random/uuid > run/boot_id
mount --bind run/boot_id proc/sys/kernel/random/boot_id

# Leave the outside. /mnt is empty on every machine.
pivot_root . mnt
umount -l /mnt
rm /run/boot_id
hostname localhost
# Services with mount namespaces see later mounts, as on any machine with systemd.
mount --make-rshared /

exec env -i container=porter PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
