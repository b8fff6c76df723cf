//! Which IP addresses are public.
//!
//! A server that fetches what it is told to can be told to fetch from the inside of its own network:
//! a database, a router, the cloud's metadata service. So every address is classed before a packet is
//! sent, and IPv6 is read the strict way round: only what is known to be public passes. Source of the
//! blocks: the IANA special-purpose address registries, and the metadata addresses of the large clouds.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Unspecified,
    Loopback,
    Private,
    LinkLocal,
    Metadata,
    Shared,
    Documentation,
    Benchmarking,
    Multicast,
    Tunnel,
    Reserved,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "an unspecified address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "a cloud metadata address",
            Self::Shared => "a carrier's shared address",
            Self::Documentation => "a documentation address",
            Self::Benchmarking => "a benchmarking address",
            Self::Multicast => "a multicast address",
            Self::Tunnel => "a tunnel address",
            Self::Reserved => "a reserved address",
        })
    }
}

/// The class of an address that is not public; none for a public one.
pub(crate) fn class_of(address: IpAddr) -> Option<Class> {
    match address {
        IpAddr::V4(address) => class_of_v4(address),
        IpAddr::V6(address) => class_of_v6(address),
    }
}

type BlockV4 = (Ipv4Addr, u32, Class);
type BlockV6 = (Ipv6Addr, u32, Class);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32, class: Class) -> BlockV4 {
    (Ipv4Addr::new(a, b, c, d), prefix, class)
}

/// Blocks with at most three leading groups, and the last group of the address.
const fn v6(a: u16, b: u16, c: u16, last: u16, prefix: u32, class: Class) -> BlockV6 {
    (Ipv6Addr::new(a, b, c, 0, 0, 0, 0, last), prefix, class)
}

/// The first that holds an address is its class.
const BLOCKS_V4: &[BlockV4] = &[
    v4(169, 254, 169, 254, 32, Class::Metadata), // AWS, Azure, Google and most others
    v4(169, 254, 170, 2, 32, Class::Metadata),   // AWS container credentials
    v4(100, 100, 100, 200, 32, Class::Metadata), // Alibaba
    v4(192, 0, 0, 192, 32, Class::Metadata),     // Oracle
    v4(168, 63, 129, 16, 32, Class::Metadata),   // Azure's host, in a public block
    v4(0, 0, 0, 0, 8, Class::Unspecified),
    v4(10, 0, 0, 0, 8, Class::Private),
    v4(100, 64, 0, 0, 10, Class::Shared),
    v4(127, 0, 0, 0, 8, Class::Loopback),
    v4(169, 254, 0, 0, 16, Class::LinkLocal),
    v4(172, 16, 0, 0, 12, Class::Private),
    v4(192, 0, 0, 0, 24, Class::Reserved),
    v4(192, 0, 2, 0, 24, Class::Documentation),
    v4(192, 88, 99, 0, 24, Class::Tunnel),
    v4(192, 168, 0, 0, 16, Class::Private),
    v4(198, 18, 0, 0, 15, Class::Benchmarking),
    v4(198, 51, 100, 0, 24, Class::Documentation),
    v4(203, 0, 113, 0, 24, Class::Documentation),
    v4(224, 0, 0, 0, 4, Class::Multicast),
    v4(240, 0, 0, 0, 4, Class::Reserved),
];

/// The first that holds an address is its class.
const BLOCKS_V6: &[BlockV6] = &[
    v6(0xfd00, 0x0ec2, 0, 0x0254, 128, Class::Metadata), // AWS
    v6(0xfd20, 0x00ce, 0, 0x0254, 128, Class::Metadata), // Google
    v6(0, 0, 0, 0, 128, Class::Unspecified),
    v6(0, 0, 0, 1, 128, Class::Loopback),
    v6(0x0064, 0xff9b, 1, 0, 48, Class::Private), // NAT64 inside one network
    v6(0x2001, 0, 0, 0, 32, Class::Tunnel),       // Teredo
    v6(0x2001, 2, 0, 0, 48, Class::Benchmarking),
    v6(0x2001, 0, 0, 0, 23, Class::Reserved),
    v6(0x2001, 0x0db8, 0, 0, 32, Class::Documentation),
    v6(0x2002, 0, 0, 0, 16, Class::Tunnel), // 6to4
    v6(0x3fff, 0, 0, 0, 20, Class::Documentation),
    v6(0xfc00, 0, 0, 0, 7, Class::Private),
    v6(0xfe80, 0, 0, 0, 10, Class::LinkLocal),
    v6(0xfec0, 0, 0, 0, 10, Class::Private),
    v6(0xff00, 0, 0, 0, 8, Class::Multicast),
];

/// The block that public IPv6 addresses are given from.
const GLOBAL_V6: BlockV6 = v6(0x2000, 0, 0, 0, 3, Class::Reserved);

fn class_of_v4(address: Ipv4Addr) -> Option<Class> {
    BLOCKS_V4
        .iter()
        .find(|block| holds_v4(block, address))
        .map(|block| block.2)
}

fn class_of_v6(address: Ipv6Addr) -> Option<Class> {
    match embedded(address) {
        Some(Embedded::Same(inner)) => return class_of_v4(inner),
        Some(Embedded::NeverPublic(inner)) => return class_of_v4(inner).or(Some(Class::Reserved)),
        None => {}
    }
    if let Some(block) = BLOCKS_V6.iter().find(|block| holds_v6(block, address)) {
        return Some(block.2);
    }
    (!holds_v6(&GLOBAL_V6, address)).then_some(Class::Reserved)
}

/// An IPv4 address inside an IPv6 one.
enum Embedded {
    /// Connecting reaches that IPv4 address.
    Same(Ipv4Addr),
    /// It may reach that IPv4 address, and nobody public is reached this way.
    NeverPublic(Ipv4Addr),
}

fn embedded(address: Ipv6Addr) -> Option<Embedded> {
    let low = Ipv4Addr::from_bits(address.to_bits() as u32);
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(Embedded::Same(low)),
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => Some(Embedded::NeverPublic(low)),
        // ISATAP: the interface part names an IPv4 host of the tunnel's own site.
        [_, _, _, _, 0 | 0x0200, 0x5efe, ..] => Some(Embedded::NeverPublic(low)),
        _ => None,
    }
}

fn holds_v4(&(network, prefix, _): &BlockV4, address: Ipv4Addr) -> bool {
    (network.to_bits() ^ address.to_bits()) >> (32 - prefix) == 0
}

fn holds_v6(&(network, prefix, _): &BlockV6, address: Ipv6Addr) -> bool {
    (network.to_bits() ^ address.to_bits()) >> (128 - prefix) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &[&str], expected: Option<Class>) {
        for text in addresses {
            let address: IpAddr = text.parse().expect(text);
            assert_eq!(class_of(address), expected, "{text}");
        }
    }

    #[test]
    fn the_first_and_last_address_of_each_ipv4_block_is_not_public() {
        check(&["0.0.0.0", "0.255.255.255"], Some(Class::Unspecified));
        check(&["10.0.0.0", "10.255.255.255"], Some(Class::Private));
        check(
            &[
                "172.16.0.0",
                "172.31.255.255",
                "192.168.0.0",
                "192.168.255.255",
            ],
            Some(Class::Private),
        );
        check(&["100.64.0.0", "100.127.255.255"], Some(Class::Shared));
        check(
            &["127.0.0.0", "127.0.0.1", "127.255.255.255"],
            Some(Class::Loopback),
        );
        check(&["169.254.0.0", "169.254.255.255"], Some(Class::LinkLocal));
        check(
            &["192.0.0.0", "192.0.0.255", "240.0.0.1", "255.255.255.255"],
            Some(Class::Reserved),
        );
        check(
            &["192.0.2.1", "198.51.100.9", "203.0.113.255"],
            Some(Class::Documentation),
        );
        check(&["198.18.0.0", "198.19.255.255"], Some(Class::Benchmarking));
        check(&["224.0.0.1", "239.255.255.255"], Some(Class::Multicast));
        check(&["192.88.99.1"], Some(Class::Tunnel));
    }

    #[test]
    fn the_neighbours_of_each_ipv4_block_are_public() {
        check(
            &[
                "1.0.0.0",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
            ],
            None,
        );
        check(
            &[
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
            ],
            None,
        );
        check(
            &[
                "172.15.255.255",
                "172.32.0.0",
                "191.255.255.255",
                "192.0.1.0",
                "192.0.3.0",
            ],
            None,
        );
        check(
            &[
                "192.88.98.255",
                "192.88.100.0",
                "192.167.255.255",
                "192.169.0.0",
            ],
            None,
        );
        check(
            &[
                "198.17.255.255",
                "198.20.0.0",
                "198.51.99.255",
                "198.51.101.0",
            ],
            None,
        );
        check(
            &["203.0.112.255", "203.0.114.0", "223.255.255.255", "8.8.8.8"],
            None,
        );
    }

    #[test]
    fn metadata_services_are_named_as_such() {
        check(
            &["169.254.169.254", "169.254.170.2", "100.100.100.200"],
            Some(Class::Metadata),
        );
        check(&["192.0.0.192", "168.63.129.16"], Some(Class::Metadata));
        check(
            &["fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254"],
            Some(Class::Metadata),
        );
        check(
            &["64:ff9b::169.254.169.254", "::169.254.169.254"],
            Some(Class::Metadata),
        );
    }

    #[test]
    fn ipv6_is_public_only_where_public_addresses_are_given_out() {
        check(&["::"], Some(Class::Unspecified));
        check(&["::1"], Some(Class::Loopback));
        check(
            &["fc00::1", "fdff:ffff::1", "fec0::1", "64:ff9b:1::7f00:1"],
            Some(Class::Private),
        );
        check(&["fe80::1", "febf::1"], Some(Class::LinkLocal));
        check(&["ff02::1", "ff0e::1"], Some(Class::Multicast));
        check(
            &["2001:db8::1", "3fff::1", "3fff:fff::1"],
            Some(Class::Documentation),
        );
        check(&["2001:2::1"], Some(Class::Benchmarking));
        check(
            &[
                "2001::1",
                "2001:0:7f00:1::",
                "2002:7f00:1::",
                "2002:808:808::1",
            ],
            Some(Class::Tunnel),
        );
        check(
            &[
                "2001:10::1",
                "2001:1ff::1",
                "100::1",
                "5f00::1",
                "4000::1",
                "e000::1",
            ],
            Some(Class::Reserved),
        );
        check(
            &[
                "2606:4700:4700::1111",
                "2001:4860:4860::8888",
                "2a00::1",
                "3ffe::1",
            ],
            None,
        );
    }

    #[test]
    fn an_ipv4_address_inside_an_ipv6_one_is_judged() {
        check(
            &["::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "::127.0.0.1"],
            Some(Class::Loopback),
        );
        check(
            &[
                "::ffff:0:127.0.0.1",
                "2a00::5efe:127.0.0.1",
                "2a00::200:5efe:127.0.0.1",
            ],
            Some(Class::Loopback),
        );
        check(
            &["::ffff:10.0.0.1", "64:ff9b::10.0.0.1"],
            Some(Class::Private),
        );
        check(&["::8.8.8.8", "::ffff:0:8.8.8.8"], Some(Class::Reserved));
        check(&["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"], None);
    }
}
