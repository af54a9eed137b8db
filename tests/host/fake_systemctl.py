"""A fake systemd: one file for each unit that is active, enabled, failed or restarting."""

SYSTEMCTL = """\
#!/bin/sh
# Plays systemd below {root}: one file per unit that is active, enabled, failed or starts again.
state={state}
if [ "$1" = is-system-running ]; then
    cat $state/system 2>/dev/null || echo running
    exit
fi
refuse() {{ echo "$1" >&2; exit $2; }}
[ "$1" = show ] || echo "$*" >> $state/calls
verb=$1 wanted= value=
shift
for argument; do
    shift
    case $argument in
        --no-reload | --kill-who=main | --signal=SIGUSR1) ;;
        --property=*) wanted=$(echo "${{argument#--property=}}" | tr , '|');;
        --value) value=yes;;
        -*) refuse "systemctl: unrecognized option '$argument'" 1;;
        *.*) set -- "$@" "$argument";;
        *) set -- "$@" "$argument.service";;
    esac
done
file() {{
    for folder in etc run usr/lib lib; do
        if [ -e {root}/$folder/systemd/system/$1 ]; then
            echo {root}/$folder/systemd/system/$1
            return
        fi
    done
}}
load() {{
    if [ "$(readlink {root}/etc/systemd/system/$1)" = /dev/null ]; then echo masked
    elif [ "$(file $1)" ]; then echo loaded
    else echo not-found
    fi
}}
must_load() {{
    case $(load $1) in
        masked) refuse "Failed to $verb $1: Unit $1 is masked." 1;;
        not-found) refuse "Failed to $verb $1: Unit $1 not found." 5;;
    esac
}}
must_have_file() {{
    case $(load $1) in
        masked) [ $verb = disable ] || refuse "Failed to $verb unit: Unit file $1 is masked." 1;;
        not-found) refuse "Failed to $verb unit: Unit file $1 does not exist." 1;;
    esac
}}
show() {{
    active=inactive sub=dead result=success enabled=
    ! [ -e $state/active-$1 ] || {{ active=active; sub=running; }}
    ! [ -e $state/failed-$1 ] || {{ active=failed; sub=failed; result=exit-code; }}
    ! [ -e $state/trying-$1 ] || {{ active=activating; sub=auto-restart; result=exit-code; }}
    next= main=0
    [ $active = inactive ] || main=4711
    case $1 in
        *.timer) [ $active = inactive ] || {{ sub=waiting; next="Thu 2026-01-01 00:00:00 UTC"; }};;
        *) echo NRestarts=0; echo MainPID=$main
            echo UID=$(cat $state/user-$1 2>/dev/null || echo "[not set]");;
    esac
    case $(load $1) in
        masked) enabled=masked;;
        loaded) if [ -e $state/enabled-$1 ]; then enabled=enabled
            elif grep -qs '^.Install.$' $(file $1); then enabled=disabled
            else enabled=static
            fi;;
    esac
    printf '%s\\n' NextElapseUSecRealtime="$next" Result=$result Id=$1 LoadState=$(load $1)
    printf '%s\\n' ActiveState=$active SubState=$sub UnitFileState=$enabled
}}
first=yes
for unit; do
    if [ -e "$state/fail-$verb-$unit" ]; then
        [ $verb != show ] || refuse "Failed to get properties: Connection timed out" 1
        rm -f $state/active-$unit
        again=failed
        ! grep -qs '^Restart=always' "$(file $unit)" || again=trying
        touch $state/$again-$unit
        refuse "Job for $unit failed because the control process exited with error code." 1
    fi
    case $verb in
        start | restart)
            must_load $unit
            rm -f $state/failed-$unit $state/trying-$unit
            touch $state/active-$unit;;
        reload)
            must_load $unit
            [ -e $state/active-$unit ] || refuse "$unit is not active, cannot reload." 1;;
        stop)
            [ -e $state/active-$unit ] || [ "$(load $unit)" != not-found ] ||
                refuse "Failed to stop $unit: Unit $unit not loaded." 5
            rm -f $state/active-$unit $state/failed-$unit $state/trying-$unit;;
        kill) # it handles the signal, and ends
            [ -e $state/active-$unit ] || refuse "Failed to kill unit $unit: Unit not loaded." 1
            rm $state/active-$unit;;
        enable)
            must_have_file $unit
            ! grep -qs '^.Install.$' "$(file $unit)" || touch $state/enabled-$unit;;
        disable)
            must_have_file $unit
            rm -f $state/enabled-$unit;;
        mask)
            [ "$(load $unit)" != masked ] || continue
            mkdir -p {root}/etc/systemd/system
            ln -s /dev/null {root}/etc/systemd/system/$unit ||
                refuse "Failed to mask unit: File $unit already exists." 1
            rm -f $state/enabled-$unit;;
        show)
            [ $first ] || echo
            first=
            if [ $value ]; then show $unit | sed -nE "s/^($wanted)=//p"
            else show $unit | grep -E "^($wanted)="
            fi;;
        *) refuse "Unknown command verb $verb." 1;;
    esac
done
[ $# != 0 ] || [ "$verb" = daemon-reload ] || refuse "Too few arguments." 1
"""
"""A systemctl that refuses what the real one refuses.

Sources: systemctl(1) (verbs, options, exit codes: 5 for a unit that is not loaded, else 1),
systemd.unit(5) (a unit file that links to /dev/null is masked; the folders of unit files) and
org.freedesktop.systemd1(5) (the properties, of which `show` prints those asked for; timers have no
`NRestarts`). The messages are those of systemd 252.
"""
