# The libraries of forklab itself. All missing ones are reported together, with their Debian packages.

set(missing)
find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
	list(APPEND missing pkg-config)
endif()

# forklab_require(<pkg-config module> <Debian package>): the target PkgConfig::<module>.
macro(forklab_require module package)
	if(PKG_CONFIG_FOUND)
		pkg_check_modules(${module} QUIET IMPORTED_TARGET ${module})
	endif()
	if(NOT ${module}_FOUND)
		list(APPEND missing ${package})
	endif()
endmacro()

forklab_require(jansson libjansson-dev)
forklab_require(smartcols libsmartcols-dev)
forklab_require(capstone libcapstone-dev)
forklab_require(libdw libdw-dev)
forklab_require(libelf libelf-dev)
forklab_require(libxml-2.0 libxml2-dev)
# It has no pkg-config module.
find_path(FORKLAB_UNISTRING_INCLUDE uniwidth.h)
find_library(FORKLAB_UNISTRING unistring)
mark_as_advanced(FORKLAB_UNISTRING_INCLUDE FORKLAB_UNISTRING)
if(NOT FORKLAB_UNISTRING_INCLUDE OR NOT FORKLAB_UNISTRING)
	list(APPEND missing libunistring-dev)
endif()
if(missing)
	list(JOIN missing " " missing)
	message(FATAL_ERROR "forklab needs these Debian packages, which are not installed: ${missing}")
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# Run, not linked: forklab looks for it when it draws.
find_program(FORKLAB_GNUPLOT gnuplot)
mark_as_advanced(FORKLAB_GNUPLOT)
if(NOT FORKLAB_GNUPLOT)
	message(STATUS "No drawings by --plot: gnuplot is missing (package gnuplot-nox)")
endif()

if(FORKLAB_TESTS)
	pkg_check_modules(cmocka QUIET IMPORTED_TARGET cmocka)
	pkg_check_modules(gsl QUIET IMPORTED_TARGET gsl)
	if(NOT cmocka_FOUND)
		message(STATUS "No tests: cmocka is missing (package libcmocka-dev)")
		set(FORKLAB_TESTS OFF)
	endif()
endif()
