'use strict';

const { part, to } = require('./caller.js');
const { messageOf } = require('./message.js');

const ID = 'Schedule id';

class Schedules {
  #caller;

  constructor(caller) {
    this.#caller = caller;
  }

  async create(request) {
    const { message, bytes } = await messageOf(request);
    return this.#caller.ask({ call: 'schedule', message }, bytes);
  }

  async get(scheduleId) {
    return withRatePerSecond(await this.#caller.ask(to('GET', 'schedules', part(ID, scheduleId))));
  }

  async list() {
    const schedules = await this.#caller.ask(to('GET', 'schedules'));
    return (schedules ?? []).map(withRatePerSecond);
  }

  async delete(scheduleId) {
    await this.#caller.tell(to('DELETE', 'schedules', part(ID, scheduleId)));
  }

  async pause({ schedule }) {
    await this.#caller.tell(to('PATCH', 'schedules', part(ID, schedule), 'pause'));
  }

  async resume({ schedule }) {
    await this.#caller.tell(to('PATCH', 'schedules', part(ID, schedule), 'resume'));
  }
}

/** With the rate under its old name as well. */
function withRatePerSecond(schedule) {
  return 'rate' in schedule ? { ...schedule, ratePerSecond: schedule.rate } : schedule;
}

module.exports = { Schedules };
