public import Experiment
public import Specs

/// How long some workers will take for the jobs that are not done.
public enum Makespan {
  /// Plays the run through: every worker takes the next job of the queue as soon as it is free.
  ///
  /// Cost: jobs · log(workers), and what `JobQueue` costs.
  ///
  /// - Parameters:
  ///   - start: Seconds before a worker's first job.
  ///   - seconds: What a job takes on one worker.
  public static func seconds(
    of plan: Plan, workers: Int, start: Double = 0, isFinished: (JobID) -> Bool,
    seconds: (PlannedJob) -> Double
  ) -> Double {
    var queue = JobQueue(plan.jobs, workers: workers, isFinished: isFinished, seconds: seconds)
    if queue.isEmpty { return 0 }
    /// What runs, by the time at which it ends; the workers that are free are as many as are missing.
    var running: [(end: Double, job: Int)] = []
    var started = 0
    var now = 0.0
    while true {
      while running.count < workers, let job = queue.nextIndex() {
        let begin = started < workers ? max(now, start) : now
        started += 1
        running.append((begin + queue.seconds[job], job))
      }
      guard let first = running.indices.min(by: { running[$0].end < running[$1].end }) else { return now }
      let ended = running.remove(at: first)
      now = max(now, ended.end)
      queue.finish(ended.job)
    }
  }
}
