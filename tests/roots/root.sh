# Bare Debian roots for tests that install things. To be sourced from bash, as root, on the top of the tree.
#
#   root=$(root_make LAYER)           a fresh root below the cache; the caller removes it
#   root_enter ROOT COMMAND…          runs it there; nothing stays but files, however it ends
#
# A layer is a tar file in the cache, made when it is asked for the first time:
#   seed                              debootstrap: minbase, make, git, ca-certificates
#   NAME                              seed with what tests/roots/layer-NAME installs there
# ROOT_SUITE chooses the Debian release (default bookworm). DIALER_BARE_CACHE (default
# /var/tmp/dialer-bare) may be removed at any time.
#
# Mounts and processes live in namespaces of their own. Needs root, debootstrap and the network.

cache=${DIALER_BARE_CACHE:-/var/tmp/dialer-bare}
suite=${ROOT_SUITE:-bookworm}

# The first Debian mirror of this machine: what apt uses here also works for debootstrap.
root_mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
		sed -nE 's/^URIs: *([^ ]+\/debian\/?)( .*)?$/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]+\/debian\/?) .*$/\2/p' |
		grep . -m 1 || echo http://deb.debian.org/debian
}

# Packages come from where this machine gets them: sources, proxies, certificates, names.
root_copy_apt_settings() {
	local root=$1 path
	rm -rf "$root/etc/apt/sources.list"
	for path in sources.list sources.list.d apt.conf apt.conf.d auth.conf auth.conf.d keyrings trusted.gpg.d; do
		[ -e "/etc/apt/$path" ] || continue
		rm -rf "${root:?}/etc/apt/$path"
		cp -a "/etc/apt/$path" "$root/etc/apt/"
	done
	# shellcheck disable=SC1091 # of the system
	# Another release has the same mirror, and no packages of others.
	if [ "$suite" != "$(. /etc/os-release && echo "$VERSION_CODENAME")" ]; then
		rm -rf "$root"/etc/apt/sources.list.d/*
		echo "deb $(root_mirror) $suite main" >"$root/etc/apt/sources.list"
	fi
	# Hooks of this machine call programs that the bare root does not have.
	grep -lE '^[^#/]*(Invoke|Pre-Install-Pkgs)' "$root"/etc/apt/apt.conf.d/* 2>/dev/null | xargs -r rm -f
	mkdir -p "$root/usr/share/keyrings" "$root/usr/local/share/ca-certificates"
	cp -a /usr/share/keyrings/. "$root/usr/share/keyrings/"
	cp -a /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	cp -L /etc/hosts "$root/etc/hosts"
	cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt" 2>/dev/null || true
}

root_enter() {
	local root=$1
	shift
	# shellcheck disable=SC2016 # of the shell inside
	unshare --mount --pid --fork --kill-child bash -euc '
		root=$1
		shift
		mount --make-rprivate /
		mount --bind "$root" "$root"
		mkdir -p "$root/proc" "$root/dev" "$root/tmp"
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
		mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" 2>/dev/null || true
		# Whoever started this in the background made it deaf to Ctrl-C.
		exec env -i --default-signal=INT,QUIT HOME=/root \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			TERM="${TERM-dumb}" LANG=C.UTF-8 ${http_proxy:+http_proxy="$http_proxy"} \
			${https_proxy:+https_proxy="$https_proxy"} chroot "$root" "$@"' enter "$root" "$@"
}

# Keeps ROOT as a layer. Its name is the last argument.
root_keep() {
	rm -f "$1"/var/cache/apt/archives/*.deb
	tar -C "$1" -cf "$2.new" . && mv "$2.new" "$2"
}

root_make_seed() {
	local root=$cache/seed.$$
	echo "roots: making a bare Debian root of $suite (once)" >&2
	debootstrap --variant=minbase --include=make,git,ca-certificates "$suite" "$root" \
		"$(root_mirror)" >"$cache/debootstrap.log" 2>&1 || {
		tail -n 5 "$cache/debootstrap.log" >&2
		rm -rf "$root"
		return 1
	}
	root_keep "$root" "$1"
	rm -rf "$root"
}

# root_make_layer FILE NAME: the seed with what the script installs.
root_make_layer() {
	local root
	root=$(root_make seed) || return 1
	echo "roots: adding $2 to it (once)" >&2
	mkdir -p "$root/layer"
	cp "tests/roots/layer-$2" .ci/deps "$root/layer/"
	if root_enter "$root" "/layer/layer-$2" >"$cache/layer.log" 2>&1; then
		rm -rf "$root/layer"
		root_keep "$root" "$1"
		rm -rf "$root"
	else
		tail -n 5 "$cache/layer.log" >&2
		rm -rf "$root"
		return 1
	fi
}

root_make() {
	local layer=${1:-seed} file root
	[ "$(id -u)" = 0 ] || { echo "roots: must be root" >&2 && return 1; }
	mkdir -p "$cache"
	# What a layer is made of is in its name: another recipe is another layer.
	if [ "$layer" = seed ]; then
		file=$cache/seed.tar
	else
		file=$cache/$layer-$(cat "tests/roots/layer-$layer" .ci/deps | sha256sum | cut -c 1-12).tar
	fi
	[ "$suite" = bookworm ] || file=${file%.tar}-$suite.tar
	if [ ! -s "$file" ]; then
		if [ "$layer" = seed ]; then root_make_seed "$file"; else root_make_layer "$file" "$layer"; fi || return 1
	fi
	root=$(mktemp -d "$cache/root.XXXXXX") || return 1
	if tar -C "$root" -xf "$file" && chmod 755 "$root" && root_copy_apt_settings "$root"; then
		echo "$root"
	else
		rm -rf --one-file-system "$root"
		return 1
	fi
}
