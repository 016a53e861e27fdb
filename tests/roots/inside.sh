# For scripts that run in a bare root: how they say what they found, and what they wait for. To be sourced
# from bash.

export DEBIAN_FRONTEND=noninteractive
failures=0

# check NAME FAULT: prints `ok NAME`, or `FAIL NAME` and the fault, which may have many lines.
check() {
	if [ -z "$2" ]; then
		echo "ok $1"
	else
		echo "FAIL $1"
		printf '%s\n' "$2" | sed 's/^/    /'
		failures=$((failures + 1))
	fi
}

# works NAME COMMAND…: it ends with status 0; what it said is shown if not.
works() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then
		check "$name" ''
	else
		check "$name" "${said:-no word}"
	fi
}

# must NAME COMMAND…: the same, and nothing after it makes sense where it does not.
must() {
	local before=$failures
	works "$@"
	[ "$failures" = "$before" ] || exit 1
}

# says NAME TEXT COMMAND…: standard output and error hold the text, which is a pattern of bash.
says() {
	local name=$1 text=$2 said
	shift 2
	said=$("$@" 2>&1) || said+=" (status $?)"
	# shellcheck disable=SC2053 # a pattern on purpose
	check "$name" "$([[ $said == *$text* ]] || printf 'expected: %s\n%s\n' "$text" "$said")"
}

# await NAME SECONDS TEXT COMMAND…: until it says so.
await() {
	local name=$1 until=$((SECONDS + $2)) text=$3 said=''
	shift 3
	while [ "$SECONDS" -lt "$until" ]; do
		said=$("$@" 2>&1) || true
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $said != *$text* ]] || break
		sleep 0.5
	done
	# shellcheck disable=SC2053
	check "$name" "$([[ $said == *$text* ]] || printf 'expected: %s\n%s\n' "$text" "$said")"
}

# start LOG COMMAND…: in the background; it ends with the root.
start() {
	local log=$1
	shift
	"$@" </dev/null >"$log" 2>&1 &
}

# Needs a network, which the tests themselves do not.
install_packages() {
	if apt-get -q update >/tmp/apt.log 2>&1 && apt-get -qy -o Dpkg::Options::=--force-confold \
		install --no-install-recommends "$@" >>/tmp/apt.log 2>&1; then
		return 0
	fi
	tail -n 20 /tmp/apt.log
	return 1
}

finish() {
	[ "$failures" = 0 ]
}
