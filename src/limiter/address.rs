//! Who a request comes from: the address of its peer, or what proxies that the operator trusts say of it.

use std::net::{IpAddr, Ipv6Addr};

/// The least a site is given (RFC 6177): one visitor has one budget.
pub const IPV6_SUBNET: u8 = 64;

/// The header in which trusted proxies name whom they speak for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl ForwardedHeader {
    /// What the `hops`-th proxy from the right says, each having added one entry at the right end. Entries to the left
    /// of it were there before, and anybody may have made them up. A header with fewer entries than that did not pass
    /// all proxies; its leftmost is the oldest that is true.
    pub fn client(self, header: &str, hops: usize) -> Option<&str> {
        let (mut rest, mut found) = (header, None);
        for _ in 0..hops {
            let Some((left, entry)) = self.last(rest) else { break };
            found = Some(entry);
            rest = left;
        }
        found.map(|entry| match self {
            Self::XForwardedFor => entry.trim(),
            Self::Forwarded => parameter_for(entry),
        })
    }

    /// What is left of the last entry, and the entry. Quotes are read from the right: a quote that a stranger opened
    /// and did not close must not swallow what the proxies added.
    fn last(self, text: &str) -> Option<(&str, &str)> {
        if text.is_empty() {
            return None;
        }
        let mut quoted = false;
        for (at, byte) in text.bytes().enumerate().rev() {
            match byte {
                b'"' if self == Self::Forwarded => quoted = !quoted,
                // With nothing to the left of it a comma still parts off an empty entry.
                b',' if !quoted => return Some((if at == 0 { " " } else { &text[..at] }, &text[at + 1..])),
                _ => {}
            }
        }
        Some(("", text))
    }
}

/// The value of `for=` in an element of `Forwarded`, without its quotes.
fn parameter_for(element: &str) -> &str {
    element
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
        .map_or("", |(_, value)| value.trim().trim_matches('"'))
}

/// An address as it is written in headers and by sockets: with a port, brackets or a zone, or without. IPv4 that comes
/// mapped into IPv6 (RFC 4291 §2.5.5.2) is IPv4.
pub fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = match text.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or(bracketed),
        // One colon is a port's.
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => host,
            _ => text,
        },
    };
    // A link-local address may carry its zone (`fe80::1%eth0`, RFC 4007 §11).
    let bare = bare.split('%').next().unwrap_or(bare);
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// The identifier of an address: IPv4 as it is, IPv6 by its network of so many bits. Anything else is `unknown`.
pub fn identifier(address: &str, ipv6_subnet: u8) -> String {
    match parse(address) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & mask(ipv6_subnet, 128));
            if ipv6_subnet >= 128 { network.to_string() } else { format!("{network}/{ipv6_subnet}") }
        }
        None => "unknown".to_owned(),
    }
}

/// The `length` highest of `bits` bits.
fn mask(length: u8, bits: u32) -> u128 {
    let low = bits.saturating_sub(length.into());
    let all = u128::MAX >> (128 - bits);
    if low >= bits { 0 } else { all >> low << low }
}

/// A block of addresses (CIDR, RFC 4632): `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    length: u8,
}

impl Network {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let written = address.trim().parse::<IpAddr>().ok()?;
        let base = written.to_canonical();
        let bits = if base.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => bits,
            // ::ffff:10.0.0.0/104 counts the bits of the mapping.
            Some(length) if written != base => length.checked_sub(96)?,
            Some(length) => length,
        };
        (length <= bits).then_some(Self { base, length })
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (u128::from(base.to_bits()) ^ u128::from(address.to_bits())) & mask(self.length, 32) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()) & mask(self.length, 128) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_identifier_however_it_is_written() {
        for (address, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
            ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2:bbbb:0:0:2", "2001:db8:1:2::/64"),
            ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("", "unknown"),
            ("_hidden", "unknown"),
            ("203.0.113.7, 1.2.3.4", "unknown"),
        ] {
            assert_eq!(identifier(address, IPV6_SUBNET), expected, "{address}");
        }
        assert_eq!(identifier("2001:db8:1:2::1", 48), "2001:db8:1::/48");
        assert_eq!(identifier("2001:db8:1:2::1", 128), "2001:db8:1:2::1");
        assert_eq!(identifier("2001:db8:1:2::1", 0), "::/0");
        assert_eq!(identifier("203.0.113.7", 48), "203.0.113.7");
    }

    #[test]
    fn the_client_is_who_the_outermost_trusted_proxy_names() {
        use ForwardedHeader::{Forwarded, XForwardedFor};
        for (header, text, hops, expected) in [
            (XForwardedFor, "9.9.9.9, 203.0.113.1, 10.0.0.2", 2, Some("203.0.113.1")),
            (XForwardedFor, "9.9.9.9, 203.0.113.1, 10.0.0.2", 1, Some("10.0.0.2")),
            (XForwardedFor, "9.9.9.9,203.0.113.1", 1, Some("203.0.113.1")),
            (XForwardedFor, "203.0.113.1", 3, Some("203.0.113.1")),
            (XForwardedFor, ",203.0.113.1", 2, Some("")),
            (XForwardedFor, "", 1, None),
            (XForwardedFor, "\"9.9.9.9, 203.0.113.1", 1, Some("203.0.113.1")),
            (Forwarded, "for=192.0.2.60;proto=http;by=203.0.113.43", 1, Some("192.0.2.60")),
            (Forwarded, "for=9.9.9.9, For=\"[2001:db8::1]:4711\";proto=https", 1, Some("[2001:db8::1]:4711")),
            (Forwarded, "for=9.9.9.9, proto=https", 1, Some("")),
            // What a stranger leaves open does not reach into what the proxy adds.
            (Forwarded, "for=\"9.9.9.9, for=203.0.113.1", 1, Some("203.0.113.1")),
            (Forwarded, "for=\"a,b\", for=203.0.113.1, for=10.0.0.2", 2, Some("203.0.113.1")),
        ] {
            assert_eq!(header.client(text, hops), expected, "{text} {hops}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.1.2.3/8", "10.255.0.1", "11.0.0.0"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("0.0.0.0/0", "203.0.113.1", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::/0", "2001:db9::1", "203.0.113.1"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.1"),
            ("::1", "::1", "::2"),
        ] {
            let found = Network::parse(network).expect(network);
            assert!(found.contains(parse(inside).expect("an address")), "{network} {inside}");
            assert!(!found.contains(parse(outside).expect("an address")), "{network} {outside}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/-1", "10.0.0.0/", "home", "::ffff:10.0.0.0/90"]
        {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
