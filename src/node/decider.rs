//! The limiter's hot path: a raw callback, as the cache's is, for the same reason.

#![expect(unsafe_code, reason = "reads the arguments of a call without an allocation")]

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi::bindgen_prelude::{Env, Float64Array, FnArgs, FromNapiValue, Function};
use napi::{check_status, sys};

use super::limiter::{Decides, moment, number};

/// Room for an identifier; a longer one is decided by `limit`.
const IDENTIFIER_BYTES: usize = 512;
/// How many numbers a decision has.
const NUMBERS: usize = 5;

/// `(identifier, cost) => 1 | 0 | -1`.
pub type Decider<'env> = Function<'env, FnArgs<(String, f64)>, i32>;

const PASSES: i32 = 1;
const REFUSED: i32 = 0;
const ASK: i32 = -1;

struct Data {
    decides: Decides,
    /// Where JavaScript reads the numbers of a decision. Held, so that its memory stays where it is.
    numbers: Float64Array,
}

pub fn decider(env: &Env, decides: Decides, numbers: Float64Array) -> napi::Result<Decider<'_>> {
    if numbers.len() < NUMBERS {
        return Err(napi::Error::from_reason(format!("numbers: found {}; expected room for {NUMBERS}", numbers.len())));
    }
    let data = Box::into_raw(Box::new(Data { decides, numbers })).cast::<c_void>();
    let mut function = ptr::null_mut();
    // SAFETY: `data` is a box that `release` takes back when the function is collected; the callback only borrows it.
    unsafe {
        check_status!(sys::napi_create_function(
            env.raw(),
            c"decide".as_ptr(),
            6,
            Some(decide),
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
    // SAFETY: `decider` leaked exactly this box.
    drop(unsafe { Box::from_raw(data.cast::<Data>()) });
}

unsafe extern "C" fn decide(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut arguments = [ptr::null_mut(); 2];
    let mut count = arguments.len();
    let mut data = ptr::null_mut();
    let mut result = ptr::null_mut();
    // SAFETY: `env` and `info` belong to this call; missing arguments are filled with `undefined`; `data` is the box
    // that `decider` gave, alive as long as the function that is being called, and nothing else refers to it: calls
    // come from one thread, one after the other.
    unsafe {
        let status =
            sys::napi_get_cb_info(env, info, &raw mut count, arguments.as_mut_ptr(), ptr::null_mut(), &raw mut data);
        let answer =
            if status == sys::Status::napi_ok { answer(env, &arguments, &mut *data.cast::<Data>()) } else { ASK };
        sys::napi_create_int32(env, answer, &raw mut result);
    }
    result
}

unsafe fn answer(env: sys::napi_env, arguments: &[sys::napi_value; 2], data: &mut Data) -> i32 {
    let mut text = [MaybeUninit::<u8>::uninit(); IDENTIFIER_BYTES];
    let (mut length, mut cost) = (0, 0.0);
    // SAFETY: as in `decide`, from where these come. Buffer and size go together: at most one byte less and a NUL are
    // written.
    let read = unsafe {
        let start = text.as_mut_ptr().cast::<c_char>();
        sys::napi_get_value_string_utf8(env, arguments[0], start, IDENTIFIER_BYTES, &raw mut length)
            == sys::Status::napi_ok
            && sys::napi_get_value_double(env, arguments[1], &raw mut cost) == sys::Status::napi_ok
    };
    // A string that fills the buffer may have been cut, a character less where it ends within one.
    if !read || length >= IDENTIFIER_BYTES - 4 {
        return ASK;
    }
    // SAFETY: the call above has written the first `length` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(text.as_ptr().cast::<u8>(), length) };
    let Ok(identifier) = std::str::from_utf8(bytes) else { return ASK };
    // A panic must not cross into C, where it would end the process.
    let decided = catch_unwind(AssertUnwindSafe(|| data.decides.now(identifier, cost as u64)));
    let Ok(Some(decision)) = decided else { return ASK };
    // SAFETY: JavaScript runs on this thread and waits for us; nobody else reads or writes the numbers.
    let numbers = unsafe { data.numbers.as_mut() };
    let told = [
        number(decision.limit),
        number(decision.remaining),
        moment(decision.reset_ms),
        moment(decision.retry_ms),
        f64::from(u8::from(decision.reason.is_some())),
    ];
    for (place, number) in numbers.iter_mut().zip(told) {
        *place = number;
    }
    if decision.success { PASSES } else { REFUSED }
}
