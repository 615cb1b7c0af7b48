// Loaded into the site's process: when the demo ends in whatever way, killed included, the site ends too.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
