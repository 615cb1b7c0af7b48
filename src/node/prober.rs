//! The hot path's crossing: a raw callback, since the wrapper that napi-derive makes costs more than the look-up.

#![expect(unsafe_code, reason = "reads the arguments of a call without an allocation")]

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, FnArgs, FromNapiValue, Function};
use napi::{check_status, sys};

use crate::cache::{Cache, NOT_OURS, TAIL_BYTES, key_tail};

/// Room for the URL; a longer one is not cached anyway.
const URL_BYTES: usize = 2_304;
/// `(url, scope) => slot`, negative when there is none.
pub type Prober<'env> = Function<'env, FnArgs<(String, f64)>, i32>;

pub fn prober<'env>(env: &'env Env, cache: Arc<Cache>) -> napi::Result<Prober<'env>> {
    let data = Arc::into_raw(cache).cast_mut().cast::<c_void>();
    let mut function = ptr::null_mut();
    // SAFETY: `data` is one reference of the `Arc`, which `release` gives back when the function is collected; the
    // callback only borrows it.
    unsafe {
        check_status!(sys::napi_create_function(
            env.raw(),
            c"probe".as_ptr(),
            5,
            Some(probe),
            data,
            &raw mut function
        ))?;
        check_status!(sys::napi_add_finalizer(
            env.raw(),
            function,
            data,
            Some(release),
            ptr::null_mut(),
            ptr::null_mut(),
        ))?;
        Function::from_napi_value(env.raw(), function)
    }
}

unsafe extern "C" fn release(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `prober` leaked exactly this reference.
    drop(unsafe { Arc::from_raw(data.cast_const().cast::<Cache>()) });
}

unsafe extern "C" fn probe(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut arguments = [ptr::null_mut(); 2];
    let mut count = arguments.len();
    let mut data = ptr::null_mut();
    let mut result = ptr::null_mut();
    // SAFETY: `env` and `info` belong to this call; missing arguments are filled with `undefined`; `data` is the
    // cache that `prober` gave, alive as long as the function that is being called.
    unsafe {
        let status =
            sys::napi_get_cb_info(env, info, &raw mut count, arguments.as_mut_ptr(), ptr::null_mut(), &raw mut data);
        let slot = if status == sys::Status::napi_ok {
            look_up(env, &arguments, &*data.cast_const().cast::<Cache>())
        } else {
            NOT_OURS
        };
        sys::napi_create_int32(env, slot, &raw mut result);
    }
    result
}

unsafe fn look_up(env: sys::napi_env, arguments: &[sys::napi_value; 2], cache: &Cache) -> i32 {
    let mut spelling = [MaybeUninit::<u8>::uninit(); URL_BYTES + TAIL_BYTES];
    let (mut length, mut scope) = (0, 0.0);
    // SAFETY: as in `probe`, from where these come. Buffer and size go together: at most `URL_BYTES - 1` characters
    // and a NUL are written. They are latin1, one byte each, as Node's HTTP parser makes them; reading UTF-8 takes a
    // tenth more of the whole look-up.
    let read = unsafe {
        let start = spelling.as_mut_ptr().cast::<c_char>();
        sys::napi_get_value_string_latin1(env, arguments[0], start, URL_BYTES, &raw mut length) == sys::Status::napi_ok
            && sys::napi_get_value_double(env, arguments[1], &raw mut scope) == sys::Status::napi_ok
    };
    // A string that fills the buffer may have been cut.
    if !read || length >= URL_BYTES - 1 {
        return NOT_OURS;
    }
    for (place, byte) in spelling[length..].iter_mut().zip(key_tail(scope as u64)) {
        place.write(byte);
    }
    // SAFETY: the call above has written the first `length` bytes, the loop as many as the tail has after them.
    let spelling = unsafe { std::slice::from_raw_parts(spelling.as_ptr().cast::<u8>(), length + TAIL_BYTES) };
    // A panic must not cross into C, where it would end the process: the request goes on uncached.
    catch_unwind(AssertUnwindSafe(|| cache.probe(spelling))).unwrap_or(NOT_OURS)
}
