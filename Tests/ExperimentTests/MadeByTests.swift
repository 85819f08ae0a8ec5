import Experiment
import Results
import Specs
import Testing

/// What the lock file says made the results.
@Suite struct MadeByTests {
  private func results(_ libraries: [[String: String]?]) -> ResultSet {
    let costs = libraries.enumerated().map { index, libraries in
      CostRow(
        job: "\(index)", kind: "train", label: "",
        cost: JobCost(
          cpuSeconds: 1, wallSeconds: 1, peakResidentMegabytes: 1, worker: "w", machine: "m",
          libraries: libraries), predictedSeconds: nil)
    }
    return ResultSet(experiment: "e", tasks: [], models: [], scores: [], costs: costs)
  }

  @Test func `versions are those of the jobs, and two of one library are told`() {
    let made = MadeBy(
      results([["blas": "0.3.30"], ["blas": "0.3.21", "onednn": "2.6.3"], ["blas": "0.3.21"], nil]))
    #expect(made.versions.map { "\($0.0) \($0.1)" } == ["machine m", "blas 0.3.21; 0.3.30", "onednn 2.6.3"])
    #expect(
      made.notes.map(\.what) == ["the jobs were done by 2 versions of blas: 2 by 0.3.21, 1 by 0.3.30"])
    #expect(MadeBy(results([["blas": "0.3.21"]])).notes.isEmpty)
    #expect(MadeBy(results([nil])).versions.map(\.0) == ["machine"])
    #expect(MadeBy(results([])).versions.isEmpty)
  }
}
