internal import SnapSystem
package import SystemPackage

extension Engine {
    /// What this machine can do, with the parts that a snapshot is made of. Writes only below `scratch`, and removes it.
    package static func benchmark(
        volume: FilePath?, scratch: FilePath, report: (BenchmarkLine) -> Void
    ) throws(EngineError) {
        if let volume { report(try MachineBenchmark.read(volume)) }
        for threadCount in Set([1, Machine.processorCount]).sorted() {
            for work in MachineBenchmark.Computation.allCases {
                report(MachineBenchmark.compute(work, threadCount: threadCount))
            }
        }
        report(try MachineBenchmark.write(below: scratch))
    }
}
