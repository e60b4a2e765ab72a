/** Where a server can be killed. */
export type Step = 'commit' | 'update' | 'remove' | 'move' | 'folder' | 'submit' | 'append';

/** One death: before or after the nth time that a step is taken. */
export interface Death {
  readonly step: Step;
  readonly when: 'before' | 'after';
  readonly nth: number;
}

/** Kills its own process at a step that it was told. */
export class Striker {
  /** Whether steps count now. */
  counting = true;
  #death: Death | undefined;
  #left = 0;

  /** Kills at `death` from now on; `undefined`: not at all. */
  arm(death: Death | undefined): void {
    this.#death = death;
    this.#left = death?.nth ?? 0;
  }

  /** The same object, with some of its methods as steps. */
  over<T extends object>(target: T, steps: Partial<Record<keyof T, Step>>): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        const step = steps[name as keyof T];
        if (step === undefined) return value.bind(object);
        return async (...args: unknown[]) => {
          this.#strike(step, 'before');
          const result: unknown = await Reflect.apply(value, object, args);
          this.#strike(step, 'after');
          return result;
        };
      },
    });
  }

  #strike(step: Step, when: Death['when']): void {
    if (!this.counting || this.#death?.step !== step || this.#death.when !== when || --this.#left > 0) return;
    process.kill(process.pid, 'SIGKILL');
    for (;;);
  }
}
