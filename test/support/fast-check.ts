import fc from '../../node_modules/fast-check/lib/fast-check.js';

/** Stands in for fast-check: the same values in each run, others by `POSTRIDER_SEED=n`. */
fc.configureGlobal({ seed: Number(process.env.POSTRIDER_SEED ?? 1) });

export * from '../../node_modules/fast-check/lib/fast-check.js';
// biome-ignore lint/style/noDefaultExport: tests import it as they import the package
export default fc;
