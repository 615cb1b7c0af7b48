//! [`ErrorKind`] as a JavaScript error whose `code` is the kind's code.

use crate::error::ErrorKind;

pub fn to_js(error: ErrorKind) -> napi::Error<String> {
    napi::Error::new(error.code().to_owned(), error.to_string())
}
