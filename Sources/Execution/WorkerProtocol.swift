public import Basics
public import Specs

/// What the scheduler tells a worker, one JSON line each.
public struct WorkRequest: Sendable, Codable {
  /// The job's id.
  public var id: JobID
  /// The job.
  public var spec: JobSpec
  /// The token of the lease under which it is done.
  public var attempt: String
  /// Who has that lease, for the job's record of costs.
  public var run: String?
  /// The store's folder.
  public var store: String
  /// SHA-256 → path of the files behind the hashes.
  public var locations: [String: String]
  /// The seconds that the scheduler expects, for the job's record of costs.
  public var predictedSeconds: Double?

  /// Makes a request.
  public init(
    id: JobID, spec: JobSpec, attempt: String, run: String? = nil, store: String, locations: [String: String],
    predictedSeconds: Double? = nil
  ) {
    self.id = id
    self.spec = spec
    self.attempt = attempt
    self.run = run
    self.store = store
    self.locations = locations
    self.predictedSeconds = predictedSeconds
  }
}

/// What a worker answers, one JSON line each.
public enum WorkEvent: Sendable, Codable {
  /// The share of the job that is done, and a word on how it goes.
  case progress(share: Double, note: String)
  /// Something that the user should know and that is no failure.
  case note(Diagnostic)
  /// The job stands in the store.
  case done(JobCost)
  /// The job failed.
  case failed(Diagnostic)
}

/// The door to work: a worker process, or in tests something that only pretends.
public protocol JobRunner: Sendable {
  /// Does a job; returns when it stands in the store.
  ///
  /// - Throws: a `Diagnostic` where the job failed.
  func run(_ request: WorkRequest, progress: @escaping @Sendable (Double, String) -> Void) async throws
    -> JobCost
  /// Ends a job where it runs, because another run has taken it over; `run` then throws.
  func abandon(_ id: JobID) async
  /// Ends at once whatever runs.
  func stop() async
}
