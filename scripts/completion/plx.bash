# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Completion for all plx-* programs. They are asked with --help what options they have, so nothing is told twice.

# PROGRAM: its help, asked once a shell and program.
_plx_help()
{
	local -n kept=_plx_help_${1//[^a-zA-Z0-9]/_}

	[ -n "${kept:-}" ] || kept=$("$1" --help 2>/dev/null)
	printf '%s\n' "$kept"
}

# own|eal|any PROGRAM: the options behind or in front of "--", one a line, with what stands for their value.
_plx_options()
{
	_plx_help "$2" | awk -v side="$1" '
		/^[A-Z]/ { eal = /^EAL options/; silent = /^Accepted/ }
		silent { next }
		/^ +-/ && side != "any" && side != (eal ? "eal" : "own") { next }
		/^ +-/ {
			value = ""
			for (i = 1; i <= NF && $i ~ /^-/; i++)
				;
			if ($i ~ /^([A-Z.,]+(\[,[A-Z]*\.\.\])?|[a-z]+([|][a-z]+)+)$/)
				value = $i
			for (j = 1; j < i; j++) {
				sub(/,$/, "", $j)
				print $j, value
			}
		}'
}

_plx_interfaces()
{
	local path

	for path in /sys/class/net/*; do
		echo "${path##*/}"
	done
}

# WORD: interfaces; and the clusters of programs that run, which are asked only where one is meant.
_plx_ports()
{
	_plx_interfaces
	[[ $1 != c* ]] || plx-capture -D 2>/dev/null | sed -n 's/^-i \(cluster:[0-9]*\) .*/\1/p'
}

# Network devices on PCI, below the folder that tests have of their own.
_plx_cards()
{
	local path class

	for path in "${PLX_SYS:-/sys}"/bus/pci/devices/*; do
		class=
		[ ! -r "$path/class" ] || read -r class <"$path/class"
		[[ $class != 0x02* ]] || echo "${path##*/}"
	done
}

# PROGRAM: the words that the help has under "Commands".
_plx_commands()
{
	_plx_help "$1" | awk '/^[A-Z]/ { in_commands = $0 == "Commands"; next } in_commands && /^  [a-z]/ { print $1 }'
}

# PROGRAM WORDS...: what may stand where no option does: a command, and behind it devices.
_plx_words()
{
	local commands command
	commands=$(_plx_commands "$1")

	[ -n "$commands" ] || return 0
	for command in $commands; do
		[[ " ${*:2} " != *" $command "* ]] || commands=
	done
	if [ -n "$commands" ]; then
		echo "$commands"
	else
		_plx_cards
		_plx_interfaces
	fi
}

# A device: a driver's name with a number, then its arguments; or an address on PCI.
_plx_device()
{
	case $1 in
	net_vhost*,iface=*) compgen -P "${1%iface=*}iface=" -f -- "${1##*iface=}" ;;
	*iface=*) compgen -P "${1%iface=*}iface=" -W "$(_plx_interfaces)" -- "${1##*iface=}" ;;
	*rx_pcap=* | *tx_pcap=*) compgen -P "${1%=*}=" -f -- "${1##*=}" ;;
	*,path=*) compgen -P "${1%path=*}path=" -f -- "${1##*path=}" ;;
	*) compgen -W "net_af_xdp0,iface= net_af_packet0,iface= net_tap0,iface= net_pcap0,rx_pcap= net_ring0 net_null0
		net_virtio_user0,path= net_vhost0,iface= net_cluster0,cluster= $(_plx_cards)" -- "$1" ;;
	esac
}

_plx()
{
	local program=$1 word previous side usage value i

	# The words as the program will see them: bash parts them at = and :.
	local line=${COMP_LINE:0:COMP_POINT}
	local -a words
	read -ra words <<<"$line"
	[ "${line: -1}" = ' ' ] && words+=('')
	word=${words[-1]}
	previous=${words[-2]:-}
	side=own
	usage=$(_plx_help "$program")
	if [[ $usage == *$'\nEAL options'* ]]; then
		side=eal
		# A program that also goes without "--".
		[[ ${usage%%$'\n'*} == *'[EAL options]'* ]] || side=any
		for ((i = 1; i < ${#words[@]} - 1; i++)); do
			[ "${words[i]}" = -- ] && side=own
		done
	fi

	value=$(_plx_options $side "$program" | awk -v name="$previous" '$1 == name { print $2; exit }')
	case $value in
	DRIVER) mapfile -t COMPREPLY < <([ "$program" != plx-devbind ] || compgen -W 'vfio-pci uio_pci_generic' -- "$word") ;;
	ADDRESS) mapfile -t COMPREPLY < <(compgen -W "$(_plx_cards)" -- "$word") ;;
	DEVICE) mapfile -t COMPREPLY < <(_plx_device "$word") ;;
	INTERFACE) mapfile -t COMPREPLY < <(compgen -W "$(_plx_ports "$word")" -- "$word") ;;
	PORT*) mapfile -t COMPREPLY < <(compgen -P "${word%"${word##*,}"}" -W "$(_plx_ports "${word##*,}")" -- "${word##*,}") ;;
	FILE | PATH) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	*\|*) mapfile -t COMPREPLY < <(compgen -W "${value//|/ }" -- "$word") ;;
	?*) COMPREPLY=() ;;
	*) mapfile -t COMPREPLY < <(compgen -W "$(_plx_words "$program" "${words[@]:1:${#words[@]}-2}")
		$(_plx_options $side "$program" | cut -d' ' -f1) --" -- "$word") ;;
	esac
	# What stands before a = or : is on the line already.
	local cut=${word%"${word##*[=:]}"}
	[ -z "$cut" ] || COMPREPLY=("${COMPREPLY[@]#"$cut"}")
	case ${COMPREPLY[0]:-} in
	*=) compopt -o nospace 2>/dev/null ;;
	esac
}

complete -F _plx plx-capture plx-testpmd plx-cluster plx-ctl plx-devbind plx-doctor plx-nicemu
