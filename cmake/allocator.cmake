# forklab_allocator(<name>
#	SUMMARY <one sentence>
#	PACKAGE <its Debian package>
#	SOURCES <file>...		the `allocator` descriptor, and the allocator itself if it is built-in
#	[KIND real|version|tool|teaching|fault|plain]	default: real, which is a row of the default table
#	[LINK shared|built-in|...]	default: shared
#	[MODULE <name>]			struct allocator.module; the sources see it as ALLOCATOR_MODULE_NAME
#	[PKG_CONFIG <module>]		where the library is: either this,
#	[FIND_PACKAGE <name> TARGET <target>]	or this,
#	[LIBRARY <file> [IN <dir>...]]	or this (a file name, and further directories to search), or nothing
#	[RPATH]				the library is outside of the loader's search path
#	[ENVIRONMENT <NAME=VALUE>...]	the environment of the runner
#	[REPORTS <tool>]		its processes write XML reports of this valgrind tool
#	[UNSWEPT <why>]			why it cannot be stepped
#	[OPTIONS <option>...]		for compiling its sources, and for linking
#	[VARIANTS archive|static|atfork-static|preload...]	other ways of linking it, each a separate allocator
#	[ARCHIVE <file> [NEEDS <library>...]]	what these link, and its dependencies
#	[UNAVAILABLE <why>]			if not empty, it is not built: the reason
#	[ENGINE <target>])		default: forklab_engine; of a fault forklab_engine_faults
#
# Declares an allocator and, if ALLOC selects it and its library is found, builds forklab-run-<name>.
# The sources see ALLOCATOR_NAME and ALLOCATOR_LINK. All declared allocators, built or not, are listed in
# catalogue.json beside the runners. `archive` links the .a into an otherwise dynamic runner: <name>-archive;
# `static` makes a runner without any shared library: <name>-static; `atfork-static` is the same of a program
# that refers to pthread_atfork() itself, for an allocator that refers to it weakly; `preload` starts a runner without an
# allocator under LD_PRELOAD: <name>-preload. A fault is an allocator of the tests: always built, in a directory
# of its own. A plain runner takes its allocator from elsewhere: always built, never listed.

set(FORKLAB_RUNNER_DIR ${PROJECT_BINARY_DIR}/libexec/forklab)
set(FORKLAB_FAULT_RUNNER_DIR ${PROJECT_BINARY_DIR}/tests/libexec/forklab)
# The same forklab and runners with a catalogue that turns the controls off: see cmake/tests.cmake.
set(FORKLAB_NO_CONTROLS_DIR ${PROJECT_BINARY_DIR}/tests/no-controls)

string(REGEX REPLACE "[ ,]+" ";" FORKLAB_SELECTED "${ALLOC}")
list(REMOVE_ITEM FORKLAB_SELECTED "")
if(NOT FORKLAB_SELECTED OR "all" IN_LIST FORKLAB_SELECTED)
	set(FORKLAB_SELECTED all)
endif()

# Only the version call refers to an allocator by name, and some have none: without this option the linker
# may drop the library.
set(CMAKE_C_LINK_LIBRARY_USING_no_as_needed_SUPPORTED TRUE)
set(CMAKE_C_LINK_LIBRARY_USING_no_as_needed
	"LINKER:--push-state,--no-as-needed" "<LINK_ITEM>" "LINKER:--pop-state")

# The whole archive: only malloc and the like would pull its members in, and libc has these, too.
macro(_forklab_find_archive)
	if(arg_ARCHIVE)
		find_library(FORKLAB_ARCHIVE_${variant_of} NAMES ${arg_ARCHIVE} PATHS ${arg_IN})
		mark_as_advanced(FORKLAB_ARCHIVE_${variant_of})
		set(found ${FORKLAB_ARCHIVE_${variant_of}})
		set(archive ${FORKLAB_ARCHIVE_${variant_of}})
	endif()
endmacro()

# Sets `library` or `archive`, and `includes`, in the caller; or `why`, if the library is missing.
macro(_forklab_find_library)
	set(library)
	set(archive)
	set(includes)
	set(found TRUE)
	if(arg_LINK MATCHES "^(archive|static)$" AND variant_of)
		_forklab_find_archive()
	elseif(arg_PKG_CONFIG)
		pkg_check_modules(${arg_PKG_CONFIG} QUIET ${arg_PKG_CONFIG})
		set(found ${${arg_PKG_CONFIG}_FOUND})
		set(library ${${arg_PKG_CONFIG}_LINK_LIBRARIES})
		set(includes ${${arg_PKG_CONFIG}_INCLUDE_DIRS})
	elseif(arg_FIND_PACKAGE)
		find_package(${arg_FIND_PACKAGE} CONFIG QUIET)
		set(found ${${arg_FIND_PACKAGE}_FOUND})
		set(library ${arg_TARGET})
	elseif(arg_LIBRARY)
		find_library(FORKLAB_FILE_${name} NAMES ${arg_LIBRARY} PATHS ${arg_IN})
		mark_as_advanced(FORKLAB_FILE_${name})
		set(found ${FORKLAB_FILE_${name}})
		set(library ${FORKLAB_FILE_${name}})
	endif()
	if(NOT found)
		set(why "its library is missing (package ${arg_PACKAGE})")
	endif()
endmacro()

# Sets `why` in the caller if ALLOC does not select this one.
macro(_forklab_check_selected)
	if(NOT arg_KIND MATCHES "^(fault|plain)$" AND NOT name STREQUAL "glibc"
		AND NOT FORKLAB_SELECTED STREQUAL "all" AND NOT name IN_LIST FORKLAB_SELECTED
		AND NOT variant_of IN_LIST FORKLAB_SELECTED)
		list(JOIN FORKLAB_SELECTED "," chosen)
		set(why "not chosen (built with ALLOC=${chosen})")
	endif()
endmacro()

# Makes the declared runner one that preloads the library instead of linking it: sets `library`, `arg_SOURCES`,
# `arg_ENVIRONMENT` and `object` in the caller.
macro(_forklab_preload)
	list(GET library 0 file)
	cmake_path(GET file FILENAME object)
	file(REAL_PATH ${file} file)
	set(library)
	set(arg_SOURCES ${PROJECT_SOURCE_DIR}/allocators/preload/preload.c)
	set(arg_ENVIRONMENT LD_PRELOAD=${file})
endmacro()

function(_forklab_runner target)
	add_executable(${target} ${arg_SOURCES})
	target_compile_definitions(${target} PRIVATE
		ALLOCATOR_NAME="${name}" ALLOCATOR_LINK="${arg_LINK}")
	if(arg_MODULE)
		target_compile_definitions(${target} PRIVATE ALLOCATOR_MODULE_NAME="${arg_MODULE}")
	endif()
	target_include_directories(${target} SYSTEM PRIVATE ${includes})
	target_link_libraries(${target} PRIVATE forklab_plugin ${arg_ENGINE})
	target_compile_options(${target} PRIVATE ${arg_OPTIONS})
	target_link_options(${target} PRIVATE ${arg_OPTIONS})
	if(object)
		target_compile_definitions(${target} PRIVATE ALLOCATOR_OBJECT="${object}")
	elseif(library)
		target_link_libraries(${target} PRIVATE "$<LINK_LIBRARY:no_as_needed,${library}>")
	elseif(variant_of)
		target_compile_definitions(${target} PRIVATE ALLOCATOR_INSIDE)
		if(archive)
			target_link_libraries(${target} PRIVATE
				"$<LINK_LIBRARY:WHOLE_ARCHIVE,${archive}>" ${arg_NEEDS})
		endif()
	endif()
	if(arg_LINK STREQUAL "static")
		set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
		# That dlopen() needs the shared libc then is known: scenarios/dlopen.c does not run there.
		target_link_options(${target} PRIVATE -static LINKER:--no-warnings)
	else()
		# What scenario.h declares, for a scenario that the runner loads from a file.
		target_link_options(${target} PRIVATE LINKER:--export-dynamic-symbol=lab_*)
	endif()
	if(refers)
		target_link_options(${target} PRIVATE LINKER:-u,${refers})
	endif()
	if(arg_RPATH)
		cmake_path(GET library PARENT_PATH directory)
		set_target_properties(${target} PROPERTIES INSTALL_RPATH ${directory})
	endif()
	if(arg_OPTIONS)
		set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
	endif()
	set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${runner_dir})
	if(NOT arg_KIND STREQUAL "fault")
		install(TARGETS ${target} RUNTIME DESTINATION libexec/forklab)
	endif()
endfunction()

# Records the allocator for the catalogue of its runner_dir.
function(_forklab_catalogue_add)
	set(entry "{}")
	set(kind ${arg_KIND})
	if(variant_of)
		set(kind variant)
	endif()
	foreach(pair "name=${name}" "link=${arg_LINK}" "kind=${kind}" "summary=${arg_SUMMARY}"
		"package=${arg_PACKAGE}" "why=${why}" "variant_of=${variant_of}"
		"reports=${arg_REPORTS}" "unswept=${arg_UNSWEPT}")
		string(REGEX MATCH "^([a-z_]+)=(.*)$" pair "${pair}")
		string(JSON entry SET "${entry}" ${CMAKE_MATCH_1} "\"${CMAKE_MATCH_2}\"")
	endforeach()
	if(arg_ENVIRONMENT)
		list(JOIN arg_ENVIRONMENT "\", \"" variables)
		string(JSON entry SET "${entry}" environment "[\"${variables}\"]")
	endif()
	if(why)
		string(JSON entry SET "${entry}" built false)
	else()
		string(JSON entry SET "${entry}" built true)
	endif()
	set_property(GLOBAL APPEND PROPERTY "FORKLAB_KNOWN ${runner_dir}" ${name})
	set_property(GLOBAL PROPERTY "FORKLAB_ENTRY ${runner_dir} ${name}" "${entry}")
endfunction()

# Builds one allocator from the arguments that the caller has parsed: `name`, and `variant_of` if it is a variant.
function(_forklab_declare)
	set(runner_dir ${FORKLAB_RUNNER_DIR})
	if(arg_KIND STREQUAL "fault")
		set(runner_dir ${FORKLAB_FAULT_RUNNER_DIR})
	endif()

	set(why ${arg_UNAVAILABLE})
	if(NOT why)
		_forklab_check_selected()
	endif()
	if(NOT why)
		_forklab_find_library()
	endif()
	if(why AND name IN_LIST FORKLAB_SELECTED)
		message(FATAL_ERROR "ALLOC asks for ${name}: ${why}")
	endif()
	set(object)
	if(NOT why AND variant_of AND arg_LINK STREQUAL "preload")
		_forklab_preload()
	endif()
	if(NOT why)
		_forklab_runner(forklab-run-${name})
	else()
		if(FORKLAB_SELECTED STREQUAL "all")
			message(STATUS "No ${name}: ${why}")
		endif()
		# A runner of an earlier choice must not be mistaken for one of this build.
		file(REMOVE ${runner_dir}/forklab-run-${name})
	endif()
	if(NOT arg_KIND STREQUAL "plain")
		_forklab_catalogue_add()
	endif()
endfunction()

function(forklab_allocator name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "RPATH"
		"KIND;LINK;MODULE;SUMMARY;PACKAGE;PKG_CONFIG;FIND_PACKAGE;TARGET;LIBRARY;ARCHIVE;ENGINE;UNAVAILABLE;REPORTS;UNSWEPT"
		"SOURCES;IN;ENVIRONMENT;OPTIONS;VARIANTS;NEEDS")
	if(arg_KIND STREQUAL "fault" AND NOT arg_ENGINE)
		set(arg_ENGINE forklab_engine_faults)
	endif()
	foreach(default "KIND real" "LINK shared" "ENGINE forklab_engine")
		separate_arguments(default)
		list(POP_FRONT default field)
		if(NOT arg_${field})
			set(arg_${field} ${default})
		endif()
	endforeach()
	set(variant_of)
	set(refers)
	_forklab_declare()

	set(variant_of ${name})
	set(arg_RPATH)
	foreach(variant IN LISTS arg_VARIANTS)
		set(name ${variant_of}-${variant})
		set(arg_LINK ${variant})
		set(refers)
		if(variant STREQUAL "atfork-static")
			set(arg_LINK static)
			set(refers pthread_atfork)
		endif()
		_forklab_declare()
	endforeach()
endfunction()

# Writes the catalogue of a runner_dir into `directory`; further arguments name members to set to false.
function(_forklab_write_catalogue runner_dir directory)
	get_property(known GLOBAL PROPERTY "FORKLAB_KNOWN ${runner_dir}")
	list(SORT known)
	set(entries "[]")
	set(index 0)
	foreach(name IN LISTS known)
		get_property(entry GLOBAL PROPERTY "FORKLAB_ENTRY ${runner_dir} ${name}")
		string(JSON entries SET "${entries}" ${index} "${entry}")
		math(EXPR index "${index} + 1")
	endforeach()
	set(catalogue "{}")
	string(JSON catalogue SET "${catalogue}" schema "\"forklab-catalogue/1\"")
	string(JSON catalogue SET "${catalogue}" contract "\"${FORKLAB_CONTRACT}\"")
	string(JSON catalogue SET "${catalogue}" allocators "${entries}")
	foreach(member IN LISTS ARGN)
		string(JSON catalogue SET "${catalogue}" ${member} false)
	endforeach()
	file(CONFIGURE OUTPUT ${directory}/catalogue.json CONTENT "${catalogue}\n")
endfunction()

# forklab finds its runners beside its own program, so a hard link of the program finds others.
function(_forklab_write_no_controls)
	set(directory ${FORKLAB_NO_CONTROLS_DIR}/libexec/forklab)
	_forklab_write_catalogue(${FORKLAB_RUNNER_DIR} ${directory} controls store)
	get_property(known GLOBAL PROPERTY "FORKLAB_KNOWN ${FORKLAB_RUNNER_DIR}")
	# The runner of --preload is in no catalogue.
	foreach(name IN LISTS known ITEMS preload)
		file(CREATE_LINK ${FORKLAB_RUNNER_DIR}/forklab-run-${name} ${directory}/forklab-run-${name} SYMBOLIC)
	endforeach()
	file(CREATE_LINK ${PROJECT_BINARY_DIR}/include ${FORKLAB_NO_CONTROLS_DIR}/include SYMBOLIC)
	file(MAKE_DIRECTORY ${FORKLAB_NO_CONTROLS_DIR}/bin)
	add_custom_command(OUTPUT ${FORKLAB_NO_CONTROLS_DIR}/bin/forklab
		COMMAND ${CMAKE_COMMAND} -E create_hardlink $<TARGET_FILE:forklab> ${FORKLAB_NO_CONTROLS_DIR}/bin/forklab
		DEPENDS forklab VERBATIM)
	add_custom_target(forklab_no_controls ALL DEPENDS ${FORKLAB_NO_CONTROLS_DIR}/bin/forklab)
endfunction()

# Once, after all allocators are declared.
function(forklab_write_catalogues)
	get_property(known GLOBAL PROPERTY "FORKLAB_KNOWN ${FORKLAB_RUNNER_DIR}")
	list(SORT known)
	foreach(name IN LISTS FORKLAB_SELECTED)
		if(NOT name STREQUAL "all" AND NOT name IN_LIST known)
			list(JOIN known ", " known)
			message(FATAL_ERROR "ALLOC asks for ${name}, which is not known. Known: all, ${known}")
		endif()
	endforeach()
	_forklab_write_catalogue(${FORKLAB_RUNNER_DIR} ${FORKLAB_RUNNER_DIR})
	_forklab_write_catalogue(${FORKLAB_FAULT_RUNNER_DIR} ${FORKLAB_FAULT_RUNNER_DIR} store)
	if(FORKLAB_TESTS)
		_forklab_write_no_controls()
	endif()
	install(FILES ${FORKLAB_RUNNER_DIR}/catalogue.json DESTINATION libexec/forklab)
endfunction()
