//! The hot path's crossing: a raw function, since the wrapper that napi-derive makes costs more than the look-up.

#![expect(unsafe_code, reason = "reads strings of JavaScript into a buffer on the stack, without an allocation")]

use std::ffi::c_char;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, FnArgs, Function, FunctionCallContext};
use napi::{JsValue, Unknown, sys};

use crate::cache::{Cache, NOT_OURS};

/// Room for the URL; a longer one is not cached anyway.
const URL_BYTES: usize = 2_304;
/// Room for the host (RFC 1035 allows 253 characters, and a port).
const HOST_BYTES: usize = 320;

/// `(url, host, variant) => slot`, negative when there is none.
pub type Prober<'env> = Function<'env, FnArgs<(String, String, u32)>, i32>;

pub fn prober<'env>(env: &'env Env, cache: Arc<Cache>) -> napi::Result<Prober<'env>> {
    env.create_function_from_closure("probe", move |context: FunctionCallContext| {
        let mut url = [0_u8; URL_BYTES];
        let mut host = [0_u8; HOST_BYTES];
        let (Some(url), Some(host)) = (text(&context, 0, &mut url), text(&context, 1, &mut host)) else {
            return Ok(NOT_OURS);
        };
        let variant = context.get::<u32>(2).unwrap_or(0);
        Ok(cache.probe(url, host, variant as u8))
    })
}

/// The argument's characters as latin1, as Node reads request lines. None when it is no string or does not fit.
fn text<'buffer>(context: &FunctionCallContext, index: usize, buffer: &'buffer mut [u8]) -> Option<&'buffer [u8]> {
    let argument: Unknown = context.get(index).ok()?;
    let mut length = 0;
    // SAFETY: the value belongs to the running call, the buffer and its size go together, and at most
    // `buffer.len() - 1` characters and a NUL are written.
    let status = unsafe {
        sys::napi_get_value_string_latin1(
            context.env.raw(),
            argument.raw(),
            buffer.as_mut_ptr().cast::<c_char>(),
            buffer.len(),
            &raw mut length,
        )
    };
    // A string that fills the buffer may have been cut.
    (status == sys::Status::napi_ok && length < buffer.len() - 1).then(|| &buffer[..length])
}
