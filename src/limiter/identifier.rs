//! Who a request counts for, from the address of its peer.

use std::net::{IpAddr, Ipv6Addr};

/// The identifier of an address: IPv4 as it is, also when it comes mapped into IPv6 (RFC 4291 §2.5.5.2); IPv6 by its
/// `/64`, the least a site is given (RFC 6177), so that one visitor has one budget. Anything else is `unknown`.
pub fn ip_identifier(address: &str) -> String {
    // A link-local address may carry its zone (`fe80::1%eth0`, RFC 4007 §11).
    let address = address.split('%').next().unwrap_or(address);
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64));
            format!("{network}/64")
        }
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_identifier_however_it_is_written() {
        for (address, identifier) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2:bbbb:0:0:2", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("", "unknown"),
            ("203.0.113.7, 1.2.3.4", "unknown"),
        ] {
            assert_eq!(ip_identifier(address), identifier, "{address}");
        }
    }
}
