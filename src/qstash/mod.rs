//! QStash: messages that Upstash delivers later, again, or to many, and whether a request is one of its deliveries.
//!
//! What belongs here: the requests that calls become, the way they take, and signatures. What does not: where Strapi's
//! messages come from. Source: Upstash's REST reference of QStash, and what the published `@upstash/qstash` sends.

mod call;
mod filter;
mod headers;
mod message;
mod options;
mod path;
mod sender;
mod signature;

pub use call::Call;
pub use headers::{Headers, Pairs};
pub use message::Given;
pub use path::{Destination, Request};
pub use sender::{Carried, Carrier, Carrying, HttpCarrier, Options, RateLimit, Sender};
pub use signature::{Delivery, SigningKeys, verify};
